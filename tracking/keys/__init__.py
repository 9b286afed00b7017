"""The keys of the API: who may ask what, by which secret, and what was answered to whom already."""
