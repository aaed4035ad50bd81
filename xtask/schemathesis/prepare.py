"""Fills a new help desk with what requests can be about, and writes down the ids of it.

    prepare.py URL DIRECTORY

The administrator's e-mail address and password are TICKETING_ADMIN_EMAIL and TICKETING_ADMIN_PASSWORD. In the directory, there is
then schemathesis.toml with a dictionary for each kind of id; on stdout stand the session, the token and whose they are, as
variables.
"""

import json
import os
import sys
import urllib.request
from pathlib import Path

URL, DIRECTORY = sys.argv[1], Path(sys.argv[2])
PASSWORD = "correct horse battery staple"
REQUESTER = "ana.garcia@example.com"


def call(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(URL + path, data, {"Content-Type": "application/json", **headers}, method=method)
    # The desk is on this machine: no proxy of the environment knows it.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        content = answer.read()
        return json.loads(content) if content else None


credentials = {"email": os.environ["TICKETING_ADMIN_EMAIL"], "password": os.environ["TICKETING_ADMIN_PASSWORD"]}
login = call("POST", "/api/auth/login", credentials)
session = {"Authorization": f"Bearer {login['access_token']}"}


def token(name, *scopes):
    return call("POST", "/api/auth/tokens", {"nombre": name, "alcances": scopes}, **session)


# Whoever calls; and others, who may be changed and revoked.
caller = token("schemathesis", "tickets:read", "tickets:write", "subscriptions")
api = {"X_API_TOKEN": caller["token"]}
others = [token(f"system {number}", "tickets:read") for number in range(12)]

users = []
for number in range(12):
    user = {"email": f"agent{number}@example.com", "nombre": f"Agente {number}", "password": PASSWORD, "rol": "MESA"}
    users.append(call("POST", "/api/auth/users", user, **session)["id"])
# Nobody of the dictionary of users: tickets are assigned to these, who stay.
agents, logins = [], []
for number in range(2):
    logins.append(f"owner{number}@example.com")
    user = {"email": logins[-1], "nombre": f"Responsable {number}", "password": PASSWORD, "rol": "MESA"}
    agents.append(call("POST", "/api/auth/users", user, **session)["id"])

tickets, labels = [], []
for number in range(40):
    form = {
        "nombre": "Ana García",
        "email": REQUESTER,
        "tipo": "INCIDENTE",
        "categoria": "Sistemas",
        "descripcion": "No puedo iniciar sesión en Outlook.",
        "prioridad": ["ALTA", "MEDIA", "BAJA"][number % 3],
    }
    created = call("POST", "/api/tickets/crear", form)
    tickets.append(created["ticketUuid"])
    labels.append(created["ticketLabel"])
# One that is the requester's to comment, and that nothing else happens to: a label and an address that belong together are rarely drawn.
commented = call("POST", "/api/tickets/crear", form)["ticketLabel"]
# What can be done to a ticket once, or only in one status, has tickets of its own.
of_command = {}
for command in ["pausar", "cancelar", "archivar", "reabrir", "desarchivar"]:
    of_command[command] = [tickets.pop() for _ in range(6)]
for command, before in [("reabrir", "pausar"), ("desarchivar", "archivar")]:
    for ticket in of_command[command]:
        call("POST", f"/api/tickets/{ticket}/{before}", {"motivo": "Duplicado"}, **session)

for number in range(24):
    form = {
        "subject": f"Impresora {number}",
        "clients": [REQUESTER],
        "category": {"name": "Equipos"},
        "tags": [{"name": "piso 3"}, {"name": f"lote {number % 3}"}],
        "createdById": "crm",
        "firstAction": {"type": "PUBLIC", "description": "No imprime."},
    }
    created = call("POST", "/v2/tickets", form, **api)
    ticket = f"/v2/tickets/{created['id']}"
    tickets.append(created["id"])
    labels.append(created["label"])
    call("PATCH", f"{ticket}/attributes/owner", {"ownerId": agents[number % 2]}, **api)
    call("POST", f"{ticket}/actions", {"type": "PUBLIC", "description": "Vamos para allá."}, **api)
    status = {"status": {"id": 1 + number % 6}}
    if number % 6 > 1:
        call("PATCH", f"{ticket}/attributes/status", status, **api)

subscriptions = []
for number in range(8):
    form = {"eventType": "TICKET", "webhook": {"url": f"https://hooks.example/{number}", "headers": {"x-desk": "1"}}}
    subscriptions.append(call("POST", "/v2/subscriptions", form, **api)["id"])

dictionaries = {
    "tickets": tickets,
    **of_command,
    "labels": labels,
    "users": users,
    "agents": agents,
    "requesters": [REQUESTER],
    "logins": logins,
    "passwords": [PASSWORD],
    "versions": ["*"],
    "subscriptions": subscriptions,
    "addresses": ["https://hooks.example/", "http://hooks.example:8080/in?desk=1"],
    "positions": ["0", "7", "latest"],
    "tokens": [other["id"] for other in others],
    "zones": ["America/Bogota", "Asia/Kathmandu", "UTC"],
    "medidas": ["creados,resueltos", "primeraRespuestaLaboral", "antiguedadPendientes,cumplimientoResolucion"],
    "measures": ["created,resolved", "firstResponseWorking", "backlogAge,resolutionInTime"],
}
for kind in ["categories", "services", "urgencies", "justifications", "tags", "teams"]:
    dictionaries[kind] = [one["id"] for one in call("GET", f"/v2/{kind}", **api)]
settings = Path(__file__).with_name("schemathesis.toml").read_text() + "\n[dictionaries]\n"
# A list in JSON is one in TOML.
settings += "".join(f"{name} = {{ values = {json.dumps(ids)} }}\n" for name, ids in dictionaries.items())
(DIRECTORY / "schemathesis.toml").write_text(settings)

print(f"TICKETING_SESSION={login['access_token']}")
print(f"TICKETING_TOKEN={caller['token']}")
print(f"TICKETING_ADMIN_ID={login['user']['id']}")
print(f"TICKETING_TOKEN_ID={caller['id']}")
print(f"TICKETING_COMMENTED={commented}")
print(f"TICKETING_REQUESTER={REQUESTER}")
