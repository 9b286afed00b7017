"""The map area: streets, addresses, travel times and tiles, from files alone."""
