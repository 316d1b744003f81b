"""Fills an OpenTAXII server in SQLite with the objects of a file and serves them: FILE, PORT, OBJECTS."""

import json
import os
import sys
import tempfile

feed, port, wanted = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
folder = tempfile.mkdtemp()
settings = f"""
domain: "127.0.0.1:{port}"
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: s}}
taxii1:
taxii2:
  public_discovery: true
  max_content_length: 1000000
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/data.db", create_tables: yes}}
logging: {{opentaxii: error, root: error}}
"""
os.environ["OPENTAXII_CONFIG"] = os.path.join(folder, "settings.yml")
with open(os.environ["OPENTAXII_CONFIG"], "w") as file:
    file.write(settings)

from opentaxii.http import app  # noqa: E402  It reads its settings when it is imported.

with app.app_context():
    objects = [json.loads(line) for line in open(feed)][:wanted]
    store = app.taxii_server.servers.taxii2.persistence.api
    root = store.add_api_root(title="objects", default=True, is_public=True)
    collection = store.add_collection(root.id, "objects", is_public=True)
    store.add_objects(root.id, collection.id, objects)

print(f"ready /taxii2/{root.id}/collections/{collection.id}/objects/", flush=True)
app.run(port=port)
