"""The values that everything else is made of. Of our own code they import only the errors."""
