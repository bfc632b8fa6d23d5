"""featurehub-sdk as a test drives it: options as the first argument, commands as lines of JSON on standard input, one line of JSON
for each."""

import asyncio
import json
import sys
import time

from featurehub_sdk.featurehub_config import FeatureHubConfig

options = json.loads(sys.argv[1])
config = FeatureHubConfig(options["url"], [options["key"]])
if options.get("pollMillis"):
    config.use_polling_edge_service(options["pollMillis"] / 1000)
loop = asyncio.new_event_loop()
loop.run_until_complete(config.init())

KNOWN = {"userkey": "user_key", "session": "session_key", "version": "version"}
GETTERS = {"BOOLEAN": "get_boolean", "STRING": "get_string", "NUMBER": "get_number", "JSON": "get_raw_json"}


def context_of(attributes):
    context = config.new_context()
    for name, value in attributes.items():
        if name in KNOWN:
            getattr(context, KNOWN[name])(value)
        else:
            context.attribute_values(name, value if isinstance(value, list) else [value])
    return context


def values_of(context):
    values = {key: getattr(context, GETTERS[kind])(key) for key, kind in options["features"].items()}
    return {key: float(value) if options["features"][key] == "NUMBER" and value is not None else value for key, value in values.items()}


def holds(command):
    values = values_of(context_of(command["attributes"]))
    return config.repository().is_ready() and values[command["feature"]] == command["value"]


def until(command):
    # This SDK tells nobody of changes, so this looks.
    end = time.monotonic() + command["seconds"]
    while not holds(command):
        if time.monotonic() > end:
            return {"never": True}
        time.sleep(0.01)
    return {}


def context(command):
    loop.run_until_complete(context_of(command["attributes"]).build())
    return {}


def values(command):
    return {"values": [values_of(context_of(attributes)) for attributes in command["contexts"]]}


def ready(_):
    return {"ready": config.repository().is_ready()}


COMMANDS = {"until": until, "context": context, "values": values, "ready": ready}
for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = COMMANDS[command["do"]](command)
    except Exception as error:  # whatever the SDK raises is an answer
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
