"""The three answers that every phone asks a call manager for, by a minimal Flask application."""

from flask import Flask, Response, request
from markupsafe import escape

application = Flask(__name__)

USERS = {"bench": "@PASSWORD@"}


@application.route("/authentication", methods=["GET", "POST"])
def authentication():
    user, password = request.values.get("UserID"), request.values.get("Password")
    right = user in USERS and USERS[user] == password
    return Response("AUTHORIZED" if right else "UNAUTHORIZED", content_type="text/plain; charset=UTF-8")


@application.route("/services")
def services():
    return menu("Services", "Choose a service", [("About this phone", "about"), ("Help", "information")])


@application.route("/directory")
def directory():
    items = [("Search", "directory/search"), ("Contacts", "directory/found?source=contacts")]
    return menu("Directory", "Choose how to look somebody up", items)


def menu(title, prompt, items):
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n<CiscoIPPhoneMenu>\n'
    xml += f"  <Title>{escape(title)}</Title>\n  <Prompt>{escape(prompt)}</Prompt>\n"
    for name, path in items:
        url = escape(request.host_url + path)
        xml += f"  <MenuItem>\n    <Name>{escape(name)}</Name>\n    <URL>{url}</URL>\n  </MenuItem>\n"
    for position, key in enumerate(["Exit", "Select"], 1):
        xml += f"  <SoftKeyItem>\n    <Name>{key}</Name>\n    <URL>SoftKey:{key}</URL>\n"
        xml += f"    <Position>{position}</Position>\n  </SoftKeyItem>\n"
    return Response(xml + "</CiscoIPPhoneMenu>\n", content_type="text/xml; charset=UTF-8")
