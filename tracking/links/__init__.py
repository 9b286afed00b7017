"""The public way to a shipment: links with unguessable tokens, the second factor, and a record of its use."""
