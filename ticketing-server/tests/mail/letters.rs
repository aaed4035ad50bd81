//! What mails are sent about a ticket, to whom, and what they say.

use serde_json::{Value, json};
use ticketing_core::{
    Actor, Draft, Rules, Ticket, TicketId, Timestamp,
    ticket::{ActorId, Origin},
};
use ticketing_server::{
    CreateRequest,
    mail::Carried,
    store::{Creation, TicketStore},
};

use super::{
    Reader,
    common::{
        desk::{self, HOUR, MINUTE, MORNING, Person, Service},
        seed, seed_with,
    },
    plain, postman,
    smtp::{MailServer, Taken},
};

const ESCALATING: &str = r#"{ "zona": "America/Bogota", "zonas": [{ "nombre": "America/Bogota", "desfaseSegundos": -18000 }],
    "sla": { "politicas": [{ "id": 1, "nombre": "Todas", "resolucion": { "otras": "4h", "enRiesgo": [50], "escalar": [
        { "al": 100, "notificar": ["AGENTE", "AREA", "MESA", "ADMIN"] }
    ] } }] } }"#;

fn address(person: &Person) -> String {
    let name = person.name.split(' ').next().unwrap().to_ascii_lowercase().replace('ó', "o");
    format!("{name}@desk.example")
}

/// What is in a mail under a name that is in a table of it.
fn told<'m>(mail: &'m Taken, name: &str) -> Option<&'m str> {
    mail.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn a_requester_hears_of_the_creation_of_replies_and_of_the_end_in_one_thread() {
    let service = Service::start().await;
    let server = MailServer::start();
    let postman = postman(plain(&server));
    let mut reader = Reader::new(&service.engine);
    service.engine.apply_rules(Rules::from_json(ESCALATING).unwrap()).await.unwrap();
    let ticket = service.ticket().await;
    let mut mesa = service.client(&service.mesa).await;
    reader.deliver(&postman).await;

    let created = server.taken();
    assert_eq!(created.sender, "mesa@ayuda.example");
    assert_eq!(created.recipients, ["ana.garcia@example.com"]);
    assert_eq!(created.name, "ayuda.example");
    assert_eq!(created.header("From"), "Mesa de Ayuda Ñandú <mesa@ayuda.example>");
    assert_eq!(created.header("To"), "ana.garcia@example.com");
    assert_eq!(created.subject(), format!("[{}] Su solicitud", ticket.label));
    assert_eq!(created.header("Auto-Submitted"), "auto-generated");
    assert_eq!(created.header("X-Auto-Response-Suppress"), "All");
    assert_eq!(created.header("Date"), "Tue, 24 Mar 2026 10:15:00 +0000");
    assert_eq!(created.header("Message-ID"), format!("<{}.1@ayuda.example>", ticket.uuid));
    for absent in ["In-Reply-To", "References", "Precedence", "Bcc", "Cc", "Reply-To"] {
        assert_eq!(created.headers.get(absent), None, "{absent}");
    }
    let link = format!("https://ayuda.example/mesa/consulta?label={}", ticket.label);
    assert!(created.text.contains(&link) && created.html.contains(&link.replace('/', "&#x2f;")));
    assert_eq!(told(&created, "Respuesta antes de"), Some("2026-03-24 09:15 (America/Bogota)"));
    // What a stranger has typed is not carried to an address that may be anybody's.
    for typed in ["Ana", "No puedo acceder", "Outlook"] {
        assert!(!created.raw.contains(typed), "{typed}");
    }

    service.pass(MINUTE);
    mesa.command(&ticket, "actualizar", &json!({ "respuesta": "Reinicie el equipo.\n\nY diga cómo va." })).await.ok();
    service.nobody().await.comment(&ticket, "Ya reinicié").await.ok();
    mesa.command(&ticket, "pausar", &json!({ "motivo": "Falta una pieza" })).await.ok();
    mesa.command(&ticket, "actualizar", &json!({ "estado": "RESUELTO", "respuesta": "Quedó listo." })).await.ok();
    mesa.set(&ticket, "CERRADO").await;
    reader.deliver(&postman).await;
    let mails = server.all_taken();
    let [replied, resolved] = mails.as_slice() else { panic!("{mails:?}") };
    for (mail, seq) in [(replied, 2), (resolved, 5)] {
        assert_eq!(mail.header("Message-ID"), format!("<{}.{seq}@ayuda.example>", ticket.uuid));
        assert_eq!(mail.header("In-Reply-To"), created.header("Message-ID"));
        assert_eq!(mail.header("References"), created.header("Message-ID"));
        assert_eq!(mail.subject(), created.subject());
        assert_eq!(mail.header("To"), "Ana García <ana.garcia@example.com>");
        assert_eq!(told(mail, "Asunto"), seed()["asunto"].as_str());
        assert!(mail.text.contains(&link));
    }
    assert!(replied.text.contains("Hola, Ana García:\n\nHay una respuesta a su solicitud."), "{}", replied.text);
    assert!(replied.text.contains("Mario Mesa:\n\nReinicie el equipo.\n\nY diga cómo va.\n"), "{}", replied.text);
    assert!(replied.html.contains("Reinicie el equipo.<br>"), "{}", replied.html);
    assert!(resolved.text.contains("Quedó listo."));
    assert_eq!(told(resolved, "Se puede volver a abrir hasta"), Some("2026-04-07 05:16 (America/Bogota)"));
}

#[tokio::test]
async fn agents_hear_of_what_others_give_them_and_of_alarms_once_each() {
    let service = Service::start().await;
    let server = MailServer::start();
    let postman = postman(plain(&server));
    let mut reader = Reader::new(&service.engine);
    service.engine.apply_rules(Rules::from_json(ESCALATING).unwrap()).await.unwrap();
    let away = service.enter("Olga Otra", "MESA", None).await;
    service.deactivate(&away).await;
    let ticket = service.ticket_of("Redes").await;
    let mut mesa = service.client(&service.mesa).await;
    let assign = |agent: &Person| json!({ "agenteId": agent.id.to_string(), "motivo": "Le toca, es la red" });
    mesa.command(&ticket, "asignar", &assign(&service.mesa)).await.ok();
    mesa.command(&ticket, "asignar", &assign(&service.redes)).await.ok();
    reader.deliver(&postman).await;
    let mails = server.all_taken();
    let [_, assigned] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(assigned.recipients, [address(&service.redes)]);
    assert_eq!(assigned.subject(), format!("[{}] {}", ticket.label, seed()["asunto"].as_str().unwrap()));
    assert!(assigned.text.contains("Mario Mesa:\n\nLe toca, es la red\n"), "{}", assigned.text);
    assert_eq!(told(assigned, "Prioridad"), Some("ALTA"));
    assert_eq!(told(assigned, "Respuesta antes de"), Some("2026-03-24 09:15 (America/Bogota)"));
    // The link is the requester's.
    assert!(!assigned.text.contains("https://"));

    service.pass(2 * HOUR);
    service.engine.keep_time().await.unwrap();
    reader.deliver(&postman).await;
    let mails = server.all_taken();
    let [at_risk] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(at_risk.recipients, [address(&service.redes)]);
    assert!(at_risk.text.contains("Un plazo está en riesgo."));
    assert_eq!(told(at_risk, "Plazo"), Some("Resolución"));
    assert_eq!(told(at_risk, "Tiempo usado"), Some("50 %"));
    assert_eq!(told(at_risk, "Vence"), Some("2026-03-24 09:15 (America/Bogota)"));

    service.pass(2 * HOUR);
    service.engine.keep_time().await.unwrap();
    reader.deliver(&postman).await;
    let mails = server.all_taken();
    let mut recipients: Vec<_> = mails.iter().flat_map(|mail| mail.recipients.clone()).collect();
    recipients.sort();
    // Whom it is assigned to works its area too.
    assert_eq!(recipients, [&service.admin, &service.mesa, &service.redes].map(address));
    let ids: Vec<_> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(ids.iter().all(|id| id.starts_with(&format!("<{}.", ticket.uuid))), "{ids:?}");
    assert!(mails.iter().all(|mail| mail.header("References") == format!("<{}.1@ayuda.example>", ticket.uuid)));
}

/// The feed tells later what was so when it happened, and somebody may not read the ticket any more.
#[tokio::test]
async fn who_may_not_read_a_ticket_any_more_is_told_nothing_of_it() {
    let service = Service::start().await;
    let server = MailServer::start();
    let postman = postman(plain(&server));
    let mut reader = Reader::new(&service.engine);
    let ticket = service.ticket_of("Redes").await;
    let mut mesa = service.client(&service.mesa).await;
    let assign = json!({ "agenteId": service.redes.id.to_string(), "motivo": "Le toca" });
    mesa.command(&ticket, "asignar", &assign).await.ok();
    mesa.command(&ticket, "transferir", &json!({ "nuevaArea": "Sistemas", "agenteId": "", "motivo": "No es red" }))
        .await
        .ok();
    reader.deliver(&postman).await;
    let mails = server.all_taken();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].recipients, ["ana.garcia@example.com"]);
}

#[tokio::test]
async fn what_was_taken_over_and_who_has_no_address_are_no_mails() {
    let service = Service::start().await;
    let server = MailServer::start();
    let postman = postman(plain(&server));
    let mut reader = Reader::new(&service.engine);
    // The desk's own address would answer itself.
    let own = seed_with(&json!({ "email": "MESA@ayuda.example" }));
    service.nobody().await.create(&own).await;
    let carried = reader.carry(&postman).await;
    assert_eq!(carried, [Carried::Refused("created: it would go to the desk's own address".into())]);
    assert!(server.all_taken().is_empty());
    service.ticket().await;
    let mut entries = reader.news().await;
    entries[0].id = TicketId(uuid::Uuid::nil());
    assert_eq!(postman.carry(&service.engine, &entries[0]).await, Carried::Nothing);
    assert!(server.all_taken().is_empty());
}

async fn created_by(service: &Service, person: &Person, form: &Value) {
    let rules = service.engine.rules();
    let new = Draft::from_json(form.to_string().as_bytes()).unwrap().validate(&rules).unwrap();
    let actor = Actor::Desk(ActorId(person.id));
    let request = CreateRequest { origin: Origin::of(&actor), actor, ..CreateRequest::new(new) };
    service.engine.create(request).await.unwrap();
}

/// What people write is what is read: not a header, not a part, not markup, and no less than all of it.
#[tokio::test]
async fn whatever_people_write_arrives_as_they_wrote_it() {
    let rules = Rules::from_json(r#"{ "campos": { "asunto": { "max": 1000 } } }"#).unwrap();
    let service = Service::start().await;
    service.engine.apply_rules(rules).await.unwrap();
    let server = MailServer::start();
    let postman = postman(plain(&server));
    let mut reader = Reader::new(&service.engine);
    let mut mesa = service.client(&service.mesa).await;
    let long = "x".repeat(500);
    let words = "palabra ñandú ".repeat(36);
    for (name, subject) in [
        ("Ana 🦀 García", "Mi 🖨️ no imprime 👩‍👩‍👧‍👦"),
        ("אנה כהן", "המחשב שלי לא עובד \u{202e}txt.exe"),
        ("<script>alert(1)</script>", "<b>hola</b> &amp; \"comillas\" 'simples'"),
        ("Ana, Eva <x@y.example>; \"Z\" \\", "Re: [TKT-2026-99999] Bcc: x@y.example, \\ (coment)"),
        ("=?utf-8?q?Ana=0D=0ABcc:_x@y.example?=", "=?utf-8?b?DQpCY2M6IHhAeS5leGFtcGxl?= ="),
        ("山田太郎", &long),
        ("Ñ".repeat(150).as_str(), &words),
    ] {
        let form = seed_with(&json!({ "nombre": name, "asunto": subject }));
        created_by(&service, &service.mesa, &form).await;
        let entry = reader.news().await.pop().unwrap();
        assert_eq!(postman.carry(&service.engine, &entry).await, Carried::Delivered);
        let ticket = desk::Ticket {
            uuid: entry.id.to_string(),
            label: entry.label.to_string(),
            email: "ana.garcia@example.com".into(),
        };
        let reply = format!("{subject}\n.\n..\n--=_ticketing_=\nBcc: x@y.example\n\n{long}{long}\nfin");
        mesa.command(&ticket, "actualizar", &json!({ "respuesta": reply })).await.ok();
        reader.deliver(&postman).await;
        for mail in [server.taken(), server.taken()] {
            assert_eq!(mail.recipients, ["ana.garcia@example.com"]);
            assert_eq!(mail.headers.get("Bcc"), None);
            let whole = format!("[{}] {}", entry.label, subject.trim().replace("=?", "= ?"));
            if whole.chars().count() <= 150 {
                assert_eq!(mail.subject(), whole);
            } else {
                let start = mail.subject().strip_suffix('…').unwrap();
                assert!(whole.starts_with(start) && start.chars().count() > 140, "{start}");
            }
            assert!(mail.raw.is_ascii());
            let too_long = mail.raw.split("\r\n").find(|line| line.len() > 998);
            assert_eq!(too_long, None);
            // Python's parser quotes a name as it must be.
            assert!(mail.header("To").ends_with("<ana.garcia@example.com>"), "{}", mail.header("To"));
            assert_eq!(told(&mail, "Asunto"), Some(subject.trim()));
            assert!(!mail.html.contains("<script") && !mail.html.contains("<b>hola"), "{}", mail.html);
            if mail.header("Message-ID").contains(".2@") {
                assert!(mail.text.contains(&reply), "{}", mail.text);
            }
        }
    }
}

/// Only what stands before the `@` needs more than any server takes.
#[tokio::test]
async fn an_address_beyond_ascii_is_written_to_where_the_server_takes_it() {
    let service = Service::start().await;
    let modern = MailServer::start_with(json!({ "tls": "none", "smtputf8": true }));
    let old = MailServer::start();
    let (to_modern, to_old) = (postman(plain(&modern)), postman(plain(&old)));
    let mut reader = Reader::new(&service.engine);
    let mut nobody = service.nobody().await;
    nobody.create(&seed_with(&json!({ "email": "josé@correo.example" }))).await;
    nobody.create(&seed_with(&json!({ "email": "ana@compañía.example" }))).await;
    let entries = reader.news().await;
    let [jose, ana] = entries.as_slice() else { panic!("{entries:?}") };

    assert_eq!(to_modern.carry(&service.engine, jose).await, Carried::Delivered);
    let mail = modern.taken();
    assert_eq!(mail.recipients, ["josé@correo.example"]);
    assert_eq!(mail.options, ["SMTPUTF8", "BODY=8BITMIME"]);
    assert_eq!(mail.header("To"), "josé@correo.example");

    let carried = to_old.carry(&service.engine, jose).await;
    let reason = "created: naming the recipient: the server takes no addresses beyond ASCII";
    assert_eq!(carried, Carried::Refused(reason.into()));
    assert!(old.all_taken().is_empty());
    assert_eq!(to_old.carry(&service.engine, ana).await, Carried::Delivered);
    let mail = old.taken();
    assert_eq!((mail.recipients, mail.options), (vec!["ana@xn--compaa-7va5a.example".into()], vec![]));
}

#[tokio::test]
async fn a_ticket_of_another_system_that_is_older_is_no_news() {
    let service = Service::start().await;
    let server = MailServer::start();
    let postman = postman(plain(&server));
    let rules = service.engine.rules();
    let now = Timestamp::parse(MORNING).unwrap();
    let then = Timestamp::parse("2026-03-01T00:00:00Z").unwrap();
    let new = Draft::from_json(seed().to_string().as_bytes()).unwrap().validate(&rules).unwrap().since(then);
    let opened = Ticket::open(&new, Origin::TicketsApi, &Actor::System, now, &rules).unwrap();
    let id = TicketId(uuid::Uuid::now_v7());
    let creation = Creation {
        id,
        ticket: Ticket::opened(id, &opened.event).unwrap(),
        next_moment: None,
        opened,
        intake: new.into_intake(),
        address: None,
        label: rules.labels().clone(),
        label_year: 2026,
        idempotency: None,
    };
    service.engine.store().create(creation).await.unwrap();
    Reader::new(&service.engine).deliver(&postman).await;
    assert!(server.all_taken().is_empty());
}
