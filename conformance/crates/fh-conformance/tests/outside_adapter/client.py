"""A client that polls one Edge. It knows nothing of versions, and retries at its interval."""

import json
import threading
import urllib.parse
import urllib.request

# Settings that the client does not have.
IGNORED = ["retry", "refused", "healthy_after_ms", "timeouts", "max_bytes", "headers", "store", "context", "readers"]


class Client:
    def __init__(self, command):
        keys = urllib.parse.urlencode([("apiKey", key) for key in command["keys"]])
        self.url = command["edge_url"] + "/features?" + keys
        self.seconds = command["poll_ms"] / 1000
        self.features = {}
        self.readiness = "NOT_READY"
        self.closed = threading.Event()
        threading.Thread(target=self.poll, daemon=True).start()

    def poll(self):
        while not self.closed.is_set():
            try:
                with urllib.request.urlopen(self.url, timeout=10) as response:
                    lists = [environment["features"] for environment in json.load(response)]
                self.features = {feature["key"]: feature for features in lists for feature in features}
                self.readiness = "READY"
            except Exception as error:
                print(error)
            self.closed.wait(self.seconds)

    def read(self, read):
        feature = self.features.get(read["feature"], {})
        value = feature.get("value") if feature.get("type") == read["type"] else None
        text = value if isinstance(value, str) or value is None else json.dumps(value)
        return {"value": value, "text": text, "exists": bool(feature), "version": feature.get("version")}
