"""Planning's public pages."""
