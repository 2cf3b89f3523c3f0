"""What jobs of played workflows really do: publish crates with cargo, upload assets, upload wheels."""
