"""SHA-256 of the manifest of each suite; rebuild.py --write records it, readers hold to it."""
MANIFESTS = {
    "1.0.0": "2b1d1d21cea300b4da63a9c8c144c1078a036d27548c682bcbff5cdd6d2e4ba6",
    "1.1.0": "114ce40468d955c2694e1b5ea791d7e6802b8aec32c14b0915a437b8b831ddb7",
    "1.2.0": "62337e5681ef625187820d1680fecf5f558d890ed9a5bcd9146396149104093c",
    "1.2.1": "89430c9fc6e3b26574201f6f2ed7a7e3ea4375d3ed929bde40003abad2fe8f50",
    "1.3.0": "5a75c43c67289a5d59ef26f8bf3faa54535b8c5d5d19833df300c12a59b1ab95",
    "1.4.0": "3d27c34523583d02c92d09d817a0eb6dc6f9ab17336f85e39c3c49b640b6d5c0",
}
