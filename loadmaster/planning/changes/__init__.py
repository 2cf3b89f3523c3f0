"""What changed since each package's last release, and which version that asks for."""
