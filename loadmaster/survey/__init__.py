"""What a repository that has no profile shows: where its workspaces are. Looks, and changes nothing."""
