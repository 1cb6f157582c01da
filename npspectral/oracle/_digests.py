"""SHA-256 of the manifest of each suite; _rebuild --write records it, readers hold to it."""
MANIFESTS = {
    "1.0.0":
        "2887b990c48302f998381b481ac8d7ec9c8a691f53400200fff71e5916aae97f",
}
