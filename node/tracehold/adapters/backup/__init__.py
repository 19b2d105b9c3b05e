"""A backup: one file with what a node keeps, made beside the node that runs.

    config           the configuration, as it is
    data/...         every file of the data folder that cannot be made again from the others
    keys.sealed      the key files, encrypted with a passphrase; only where one was given
    MANIFEST.json    what the file holds, and the images of the logs in it
    MANIFEST.sig     the node key's signature over the manifest

The file is a tar archive of one form (`archive`): `tar -tvf` lists it, and each byte of it is checked.
"""

CONFIG, DATA, KEYS = "config", "data/", "keys.sealed"
MANIFEST, SIGNATURE = "MANIFEST.json", "MANIFEST.sig"
