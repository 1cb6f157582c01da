"""SHA-256 of the manifest of each suite; _rebuild --write records it, readers hold to it."""
MANIFESTS = {
    "1.0.0":
        "17e6b51a202f7085b5c6537d356ddbeefded3f17f0c027b5d597cdfb96933360",
}
