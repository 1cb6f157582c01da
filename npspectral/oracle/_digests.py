"""SHA-256 of the manifest of each suite; _rebuild --write records it, readers hold to it."""
MANIFESTS = {
    "1.0.0":
        "2b1d1d21cea300b4da63a9c8c144c1078a036d27548c682bcbff5cdd6d2e4ba6",
}
