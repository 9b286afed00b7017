"""A shop in thirty lines: create a shipment, get the link, receive the webhook, verify it.

pip install requests standardwebhooks
DOORSTEP=http://127.0.0.1:8000 DOORSTEP_KEY=door_… NEWS_URL=https://shop.example.com/news python shop.py
"""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import requests
from standardwebhooks import Webhook

API, NEWS_URL = os.environ["DOORSTEP"] + "/api/v1", os.environ["NEWS_URL"]
doorstep = requests.Session()
doorstep.headers["Authorization"] = f"Bearer {os.environ['DOORSTEP_KEY']}"


def ask(path: str, body: Any) -> Any:
    answer = doorstep.post(API + path, json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


class News(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        news = Webhook(secret).verify(body, dict(self.headers))  # raises where it is not Doorstep's
        self.send_response(204)
        self.end_headers()
        print("News:", news["data"]["reference"], news["data"]["status"], flush=True)


secret = ask("/webhooks", {"url": NEWS_URL})["secret"]
door = {"name": "Maija", "street": "Aleksanterinkatu 13", "postcode": "00100", "city": "Helsinki"}
order = {"reference": "ORDER-1", "recipient": {**door, "timezone": "Europe/Helsinki"}}
print("Send this to Maija:", ask("/shipments", order)["tracking_url"], flush=True)
HTTPServer(("", int(os.environ.get("PORT", "8080"))), News).handle_request()
