"""How an OpenStreetMap extract becomes an area pack; only ``build_area`` needs this, and osmium."""
