"""A mail server that says on stdout what it takes: its port, then each mail as a line of JSON, read by Python's own parser.

Its one argument is JSON: `tls` (`none`, `starttls`, `implicit`) with `certificate` and `key`, `login` (user and password),
`smtputf8`, answers to give instead of the usual ones (`mail`, `data`: lists; `rcpt`: a list for each address), and `hangs`,
a command that is never answered. It ends with its stdin.
"""

import asyncio
import json
import os
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import AuthResult, SMTP

options = json.loads(sys.argv[1])


def say(**what):
    print(json.dumps(what), flush=True)


async def answer(command, answers):
    if options.get("hangs") == command:
        await asyncio.sleep(3600)
    return answers.pop(0) if answers else None


def parsed(content, beyond_ascii):
    message = message_from_bytes(content, policy=policy.default)
    headers = [[name, str(value)] for name, value in message.items()]
    # The parser calls an address beyond ASCII a defect, also where both sides have agreed on it.
    checked = [value for name, value in message.items() if name != "To" or not beyond_ascii]
    defects = [str(defect) for value in checked for defect in getattr(value, "defects", [])]
    parts = []
    for part in message.walk():
        defects += [str(defect) for defect in part.defects]
        if not part.is_multipart():
            parts.append([part.get_content_type(), part.get_content()])
    return {"headers": headers, "parts": parts, "type": message.get_content_type(), "defects": defects}


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        refused = await answer("mail", options.get("mail", []))
        if refused:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        refused = await answer("rcpt", options.get("rcpt", {}).get(address, []))
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        refused = await answer("data", options.get("data", []))
        if refused:
            return refused
        content = envelope.original_content or envelope.content
        say(
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            options=[option.upper() for option in envelope.mail_options],
            encrypted=session.ssl is not None or options["tls"] == "implicit",
            user=session.auth_data.decode() if session.auth_data else None,
            name=session.host_name,
            connection=session.peer[1],
            raw=content.decode("utf-8", "backslashreplace"),
            **parsed(content, "SMTPUTF8" in envelope.mail_options),
        )
        return "250 2.0.0 Ok: queued"


def authenticate(server, session, envelope, mechanism, auth_data):
    user, password = options["login"]
    if (auth_data.login.decode(), auth_data.password.decode()) != (user, password):
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=auth_data.login)


class Forgetful(SMTP):
    """Has had enough of a client that was silent."""

    async def smtp_NOOP(self, arg):
        await self.push("421 4.4.2 Too long")
        self.transport.close()


def protocol(tls):
    kind = Forgetful if options.get("forgets") else SMTP
    starttls = options["tls"] == "starttls"
    return kind(
        Handler(),
        hostname="mail.test",
        enable_SMTPUTF8=options.get("smtputf8", False),
        tls_context=tls if starttls else None,
        require_starttls=starttls,
        authenticator=authenticate if "login" in options else None,
        auth_required="login" in options,
        auth_require_tls=starttls,
    )


async def silent(reader, writer):
    await asyncio.sleep(3600)


async def main():
    loop = asyncio.get_running_loop()
    tls = None
    if options["tls"] != "none":
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options["certificate"], options["key"])
    if options.get("hangs") == "greeting":
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
    else:
        implicit = tls if options["tls"] == "implicit" else None
        server = await loop.create_server(lambda: protocol(tls), "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    # What hangs is not waited for.
    os._exit(0)


asyncio.run(main())
