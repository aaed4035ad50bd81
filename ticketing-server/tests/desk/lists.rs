//! The lists: what stands in them, in which order, on which pages, for whom.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::{
    common::{
        desk::{Client, DAY, HOUR, MINUTE, Person, Service, Ticket},
        http::Answer,
        seed_with,
    },
    detail::{has_members, readable},
};

const LISTS: [&str; 2] = ["/api/tickets/dashboard", "/api/tickets/dashboard-metricas"];

/// The label of a row of either list.
fn label(row: &Value) -> String {
    let label = row.get("label").unwrap_or(&row["ticket_label"]);
    label.as_str().unwrap().to_owned()
}

fn labels(rows: &[Value]) -> Vec<String> {
    rows.iter().map(label).collect()
}

fn array(answer: &Answer) -> Vec<Value> {
    match answer.ok() {
        Value::Array(rows) => rows,
        other => panic!("{other} is no bare array"),
    }
}

/// A path with a query, whatever characters its values have.
fn path(list: &str, query: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    if query.is_empty() { list.to_owned() } else { format!("{list}?{query}") }
}

/// The address of the next page. Source: RFC 8288.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
    Some(target.unwrap_or_else(|| panic!("{link}")).to_owned())
}

/// The labels on all pages, by following the links.
async fn follow(client: &mut Client, first: &str) -> Vec<String> {
    let (mut found, mut path) = (Vec::new(), first.to_owned());
    loop {
        let answer = client.get(&path).await;
        let rows = array(&answer);
        found.extend(labels(&rows));
        match next(&answer) {
            Some(next) => {
                assert!(!rows.is_empty(), "a page that is not the last has rows");
                assert_ne!(next, path);
                path = next;
            }
            None => return found,
        }
    }
}

/// What a ticket is, as the tests know it.
struct Known {
    ticket: Ticket,
    shown: Value,
    /// As the list calls it.
    code: String,
}

impl Known {
    fn is_archived(&self) -> bool {
        !self.shown["archivado_en"].is_null()
    }
}

/// Tickets of a few areas, priorities, statuses and words, in no order; newest first.
async fn some_tickets(service: &Service, count: usize) -> Vec<Known> {
    let mut admin = service.client(&service.admin).await;
    let mut tickets = Vec::new();
    for number in 0..count {
        let pick = |from: &[&'static str], salt: usize| from[(number * 7 + number / 5 + salt) % from.len()];
        let form = seed_with(&json!({
            "areaAsignada": pick(&["MESA", "redes", "Sistemas", "mesa de ayuda", "Redes"], 0),
            "prioridad": pick(&["ALTA", "Baja", "urgente", "Crítica", "rarísima", "BAJA", "alta"], 3),
            "asunto": format!("Caso {number} {}", pick(&["impresora", "Impresión", "correo"], 1)),
            "email": pick(&["ana@example.com", "Bruno@example.com"], 2),
        }));
        let ticket = admin.create(&form).await;
        if number % 2 == 0 {
            let estado = ["EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"][number / 2 % 5];
            admin.set(&ticket, estado).await;
        }
        if number % 5 == 0 {
            admin.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
        }
        service.pass(MINUTE);
        tickets.push(ticket);
    }
    service.index().await;
    let mut known = Vec::new();
    for ticket in tickets.into_iter().rev() {
        let shown = admin.shown(&ticket).await;
        let code = match shown["estado"].as_str().unwrap() {
            _ if !shown["archivado_en"].is_null() => "ARCHIVADO",
            "ABIERTO" => "PENDIENTE",
            estado => estado,
        };
        let code = code.to_owned();
        known.push(Known { ticket, shown, code });
    }
    known
}

// What stands in them

const DASHBOARD: [&str; 11] = [
    "ticket_uuid",
    "label",
    "categoria",
    "correo",
    "estado_code",
    "prioridad_nom",
    "area_asignada",
    "actualizado_en",
    "sla_horas",
    "horas_restantes",
    "vencido",
];

const METRICS: [&str; 17] = [
    "uuid",
    "ticket_label",
    "solicitante_nombre",
    "solicitante_email",
    "tipo_solicitud",
    "categoria",
    "subcategoria",
    "asunto",
    "area_asignada",
    "prioridad",
    "sla_horas",
    "estado",
    "creado_en",
    "actualizado_en",
    "fecha_limite_sla",
    "horas_restantes_sla",
    "sla_vencido",
];

#[tokio::test]
async fn the_rows_have_the_contract_s_names() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let first = service.ticket().await;
    let form = json!({
        "nombre": "Ana", "email": "ana@example.com", "tipo": "CONSULTA", "categoria": "TI",
        "descripcion": "¿Cómo cambio mi clave?", "prioridad": "Urgente", "areaAsignada": "Compras",
    });
    let second = service.nobody().await.create(&form).await;
    service.pass(HOUR);
    mesa.set(&first, "EN_PROCESO").await;
    service.pass(2 * HOUR);
    mesa.command(&second, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
    let [dashboard, metrics] = [mesa.get(LISTS[0]).await, mesa.get(LISTS[1]).await];
    insta::assert_snapshot!("dashboard", readable(&service, &[&first, &second], &dashboard));
    insta::assert_snapshot!("dashboard_metricas", readable(&service, &[&first, &second], &metrics));
    for row in array(&dashboard) {
        has_members(&row, DASHBOARD);
    }
    for row in array(&metrics) {
        has_members(&row, METRICS);
    }
}

#[tokio::test]
async fn a_desk_without_tickets_has_empty_lists() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    for list in LISTS {
        let answer = mesa.get(list).await;
        assert_eq!((array(&answer), answer.header("x-total"), next(&answer)), (vec![], Some("0"), None));
    }
}

#[tokio::test]
async fn what_a_row_tells_is_what_the_ticket_is() {
    let service = Service::start().await;
    let known = some_tickets(&service, 20).await;
    let mut mesa = service.client(&service.mesa).await;
    let (dashboard, metrics) = (mesa.rows(LISTS[0]).await, mesa.rows(LISTS[1]).await);
    assert_eq!((dashboard.len(), metrics.len()), (known.len(), known.len()));
    for ((row, metrics), known) in dashboard.iter().zip(&metrics).zip(&known) {
        let shown = mesa.shown(&known.ticket).await;
        for (name, of_ticket) in [
            ("ticket_uuid", "uuid"),
            ("label", "ticket_label"),
            ("categoria", "categoria"),
            ("correo", "solicitante_email"),
            ("prioridad_nom", "prioridad"),
            ("area_asignada", "area_asignada"),
            ("actualizado_en", "actualizado_en"),
            ("sla_horas", "sla_horas"),
            ("horas_restantes", "horas_restantes_sla"),
            ("vencido", "sla_vencido"),
        ] {
            assert_eq!(row[name], shown[of_ticket], "{name}");
        }
        assert_eq!(row["estado_code"], known.code);
        for name in METRICS.iter().filter(|name| **name != "prioridad") {
            assert_eq!(metrics[*name], shown[*name], "{name}");
        }
    }
}

// Order and pages

#[tokio::test]
async fn the_newest_ticket_stands_first_whatever_happened_to_the_others() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(service.ticket().await.label);
        service.pass(MINUTE);
    }
    created.reverse();
    for list in LISTS {
        assert_eq!(labels(&mesa.rows(list).await), created);
    }
    let oldest = mesa.rows(LISTS[0]).await.pop().unwrap()["ticket_uuid"].as_str().unwrap().to_owned();
    let form = json!({ "respuesta": "Todavía no" });
    mesa.post(&format!("/api/tickets/{oldest}/actualizar"), &form).await.ok();
    assert_eq!(labels(&mesa.rows(LISTS[0]).await), created);
}

#[tokio::test]
async fn following_the_links_to_the_end_gives_every_ticket_once() {
    let service = Service::start().await;
    let known = some_tickets(&service, 40).await;
    let all: Vec<_> = known.iter().map(|known| known.ticket.label.clone()).collect();
    let mut mesa = service.client(&service.mesa).await;
    for list in LISTS {
        for limit in ["1", "7", "39", "40", "41", "1000"] {
            assert_eq!(follow(&mut mesa, &path(list, &[("limite", limit)])).await, all, "{limit}");
        }
        // A link keeps what was asked for, also what must be escaped.
        let query = [("limite", "2"), ("estado", "en proceso"), ("area", "mesa de ayuda"), ("q", "caso")];
        let found = follow(&mut mesa, &path(list, &query)).await;
        let expected: Vec<_> = known
            .iter()
            .filter(|known| known.shown["estado"] == "EN_PROCESO" && known.shown["area_asignada"] == "MESA DE AYUDA")
            .map(|known| known.ticket.label.clone())
            .collect();
        assert_eq!(found, expected);
        assert!(expected.len() < 40);
    }
    let answer = mesa.get(&path(LISTS[0], &[("limite", "40")])).await;
    assert_eq!(next(&answer), None, "nothing is left");
}

#[tokio::test]
async fn a_list_that_grows_while_it_is_read_gives_none_twice() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let mut all = Vec::new();
    for _ in 0..6 {
        all.insert(0, service.ticket().await.label);
    }
    let first = mesa.get(&path(LISTS[0], &[("limite", "3")])).await;
    let mut found = labels(&array(&first));
    service.ticket().await;
    found.extend(follow(&mut mesa, &next(&first).unwrap()).await);
    assert_eq!(found, all);
}

#[tokio::test]
async fn without_parameters_the_newest_thousand_come_with_a_link_to_the_rest() {
    let service = Service::start().await;
    let rules = service.engine.rules();
    for _ in 0..1003 {
        let form = seed_with(&json!({})).to_string();
        let new = ticketing_core::Draft::from_json(form.as_bytes()).unwrap().validate(&rules).unwrap();
        service.engine.create(ticketing_server::CreateRequest::new(new)).await.unwrap();
    }
    let mut mesa = service.client(&service.mesa).await;
    for list in LISTS {
        let answer = mesa.get(list).await;
        let rows = array(&answer);
        assert_eq!((rows.len(), answer.header("x-total")), (1000, Some("1003")));
        assert_eq!((label(&rows[0]), label(&rows[999])), ("TKT-2026-01003".into(), "TKT-2026-00004".into()));
        let rest = mesa.get(&next(&answer).unwrap()).await;
        assert_eq!(labels(&array(&rest)), ["TKT-2026-00003", "TKT-2026-00002", "TKT-2026-00001"]);
        assert_eq!((next(&rest), rest.header("x-total")), (None, Some("1003")));
    }
}

// Filters

/// What a filter should let through, told apart one by one.
fn passes(known: &Known, [estado, prioridad, area, archivados, q]: [&str; 5]) -> bool {
    let (shown, is_archived) = (&known.shown, known.is_archived());
    let is = |field: &str, value: &str| shown[field] == value;
    let priority = shown["prioridad"].as_str().unwrap().to_lowercase();
    let subject = shown["asunto"].as_str().unwrap().to_lowercase();
    (match estado {
        "" => true,
        "pendiente" | "ABIERTO" => is("estado", "ABIERTO"),
        "En Proceso" => is("estado", "EN_PROCESO"),
        "ARCHIVADO" => is_archived,
        estado => is("estado", estado),
    }) && (match prioridad {
        "" => true,
        "CRITICA" | "urgente" => ["urgente", "crítica"].contains(&&*priority),
        "báJA" => priority == "baja",
        "RARISIMA" => priority == "rarísima",
        prioridad => panic!("{prioridad}"),
    }) && (match area {
        "" => true,
        "Mesa de Ayuda" | "mesa" => is("area_asignada", "MESA DE AYUDA"),
        " redes" => is("area_asignada", "REDES"),
        "NADIE" => false,
        area => panic!("{area}"),
    }) && (match archivados {
        "" | "si" => true,
        "no" => !is_archived,
        "solo" => is_archived,
        archivados => panic!("{archivados}"),
    }) && (match q {
        // The subcategory of all of them has the second.
        "" | "correo" => true,
        "impresion CASO" => subject.contains("impresión"),
        "BRUNO@example.com" => is("solicitante_email", "Bruno@example.com"),
        "tkt-2026-3" => is("ticket_label", "TKT-2026-00003"),
        q => panic!("{q}"),
    })
}

#[tokio::test]
async fn filters_alone_and_combined_let_through_what_they_should() {
    let service = Service::start().await;
    let known = some_tickets(&service, 60).await;
    let mut clients = Vec::new();
    for person in [&service.mesa, &service.redes] {
        clients.push((person, service.client(person).await));
    }
    let (mut asked, mut sizes) = (0_usize, HashSet::new());
    for estado in ["", "pendiente", "ABIERTO", "En Proceso", "CERRADO", "ARCHIVADO"] {
        for prioridad in ["", "CRITICA", "urgente", "báJA", "RARISIMA"] {
            for area in ["", "Mesa de Ayuda", "mesa", " redes", "NADIE"] {
                for archivados in ["", "si", "no", "solo"] {
                    for q in ["", "impresion CASO", "BRUNO@example.com", "correo", "tkt-2026-3"] {
                        asked += 1;
                        // Each alone, and every seventh combination.
                        let values = [estado, prioridad, area, archivados, q];
                        let is_alone = values.iter().filter(|value| !value.is_empty()).count() < 2;
                        if !is_alone && !asked.is_multiple_of(7) {
                            continue;
                        }
                        let names = ["estado", "prioridad", "area", "archivados", "q"];
                        let query: Vec<_> =
                            names.into_iter().zip(values).filter(|(_, value)| !value.is_empty()).collect();
                        let list = LISTS[asked % 2];
                        for (person, client) in &mut clients {
                            let is_theirs = |known: &&Known| {
                                person.id != service.redes.id || known.shown["area_asignada"] == "REDES"
                            };
                            let expected: Vec<_> = known
                                .iter()
                                .filter(is_theirs)
                                .filter(|known| passes(known, values))
                                .map(|known| known.ticket.label.clone())
                                .collect();
                            let answer = client.get(&path(list, &query)).await;
                            assert_eq!(labels(&array(&answer)), expected, "{query:?} by {}", person.name);
                            // What is found is not counted; what nothing can be needs not be looked for.
                            let is_known = q.is_empty() || (estado, archivados) == ("ARCHIVADO", "no");
                            let total = is_known.then(|| expected.len().to_string());
                            assert_eq!(answer.header("x-total"), total.as_deref(), "{query:?}");
                            sizes.insert(expected.len());
                        }
                    }
                }
            }
        }
    }
    assert!(sizes.len() > 15, "the filters tell tickets apart: {sizes:?}");
}

#[tokio::test]
async fn a_parameter_that_makes_no_sense_is_422_and_says_what_would() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let long = "x".repeat(201);
    for list in LISTS {
        for (name, value) in [
            ("limite", "0"),
            ("limite", "1001"),
            ("limite", "-1"),
            ("limite", "diez"),
            ("limite", "1.5"),
            ("limite", "99999999999999999999"),
            ("cursor", "x"),
            ("cursor", "0"),
            ("cursor", "TKT-2026"),
            ("cursor", "' OR 1=1"),
            ("estado", "HECHO"),
            ("estado", "ABIERTO,CERRADO"),
            ("archivados", "todos"),
            ("archivados", "SI!"),
            ("q", &long),
        ] {
            let problem = mesa.get(&path(list, &[(name, value)])).await.problem(422, "invalid-parameter");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.starts_with(&format!("El parámetro {name} no es válido: ")), "{detail}");
        }
        // Nothing is as good as absent, what nobody knows too.
        for query in ["limite=", "estado=&prioridad=&area=&archivados=&q=&cursor=", "otra=cosa", "q=%20", "&&&", "q"] {
            assert!(mesa.rows(&format!("{list}?{query}")).await.is_empty());
        }
        mesa.get(&path(list, &[("q", &"x".repeat(200))])).await.ok();
    }
}

// Searches

#[tokio::test]
async fn whatever_is_searched_for_is_words_and_never_a_statement() {
    let service = Service::start().await;
    let known = some_tickets(&service, 6).await;
    let odd =
        service.nobody().await.create(&seed_with(&json!({ "asunto": "100% de 'comillas' \"dobles\" y (OR)" }))).await;
    service.index().await;
    let mut mesa = service.client(&service.mesa).await;
    for (q, expected) in [
        ("100%", 1),
        ("'comillas'", 1),
        ("\"dobles\"", 1),
        ("(OR)", 1),
        ("or", 1),
        ("%", 0),
        ("_", 0),
        ("'", 0),
        ("\"", 0),
        ("*", 0),
        ("impres*", 0),
        ("' OR '1'='1", 0),
        ("\" OR \"caso", 0),
        ("caso OR correo", 0),
        ("NOT nada", 0),
        ("words : caso", 0),
        ("keys:caso", 0),
        ("^caso", 6),
        ("caso NEAR correo", 0),
        ("NEAR(caso correo, 5)", 0),
        ("caso -correo", 6),
        ("{caso}", 6),
        ("caso; DROP TABLE tickets;", 0),
        ("\\", 0),
        ("ñ\u{301}\u{202e}🦀", 0),
        ("\u{93e}", 0),
        ("caso\u{0}", 6),
        ("\u{0}", 0),
        ("a\u{0}b", 0),
        ("\u{fffd}", 0),
        ("tkt-0000-1", 0),
        ("@", 0),
        ("nadie@example.com", 0),
        ("'@example.com", 0),
    ] {
        for list in LISTS {
            let answer = mesa.get(&path(list, &[("q", q)])).await;
            assert_eq!(array(&answer).len(), expected, "{q:?}: {answer}");
        }
    }
    // Octets that are no UTF-8.
    mesa.get("/api/tickets/dashboard?q=%ff%fe&area=%ff").await.ok();
    for q in (0x20_u8..0x7f).map(|octet| char::from(octet).to_string()) {
        mesa.get(&path(LISTS[0], &[("q", &format!("{q}caso{q} {q}"))])).await.ok();
        mesa.get(&path(LISTS[0], &[("area", &q), ("prioridad", &q)])).await.ok();
    }
    assert_eq!(mesa.rows(LISTS[0]).await.len(), known.len() + 1);
    assert_eq!(label(&mesa.rows(&path(LISTS[0], &[("q", "dobles")])).await[0]), odd.label);
}

#[tokio::test]
async fn everything_that_was_said_in_a_ticket_is_found_within_a_second() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let ticket = service.ticket().await;
    mesa.command(&ticket, "pausar", &json!({ "motivo": "Falta un Tornillo" })).await.ok();
    mesa.command(&ticket, "actualizar", &json!({ "respuesta": "Lo pedimos al almacén" })).await.ok();
    mesa.comment(&ticket, "¡Era un destornillador!").await.ok();
    // Nobody indexes here but the service itself.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    for q in [
        "tornillo",
        "ALMACEN",
        "destornillador",
        "Ana García",
        "garcia ana",
        "+573001234567",
        "12345678",
        "Recursos Humanos",
        "Sistemas",
        "correo electronico",
        "corporativo",
        "Outlook 403",
        "tkt 2026 1",
        "#TKT-2026-00001",
        "ana.garcia@example.com",
        "ANA.GARCIA@EXAMPLE.COM",
    ] {
        assert_eq!(labels(&mesa.rows(&path(LISTS[0], &[("q", q)])).await), [&*ticket.label], "{q}");
    }
    for q in ["tornillos", "otra cosa", "tkt-2026-2", "TKT-2025-00001", "garcia@example.com"] {
        assert!(mesa.rows(&path(LISTS[0], &[("q", q)])).await.is_empty(), "{q}");
    }
}

// Whose tickets

/// Everything that lists tell somebody of tickets: their labels, how many there are, and what is found.
async fn told(service: &Service, person: &Person, q: &str) -> (Vec<String>, String, Value, Vec<String>) {
    let mut client = service.client(person).await;
    let answer = client.get(LISTS[0]).await;
    let (rows, total) = (labels(&array(&answer)), answer.header("x-total").unwrap().to_owned());
    assert_eq!(labels(&client.rows(LISTS[1]).await), rows);
    assert_eq!(follow(&mut client, &path(LISTS[1], &[("limite", "1")])).await, rows);
    let totals = client.get("/api/tickets/totales").await.ok();
    let found = labels(&client.rows(&path(LISTS[0], &[("q", q)])).await);
    (rows, total, totals, found)
}

#[tokio::test]
async fn an_area_s_people_see_no_row_count_or_hit_of_another_area() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    let (ours, theirs) = (service.ticket_of("Redes").await, service.ticket_of("SISTEMAS").await);
    service.ticket_of("MESA").await;
    service.index().await;
    let (rows, total, totals, found) = told(&service, &service.redes, "outlook").await;
    assert_eq!((rows, total, found), (vec![ours.label.clone()], "1".to_owned(), vec![ours.label.clone()]));
    assert_eq!((&totals["total"], &totals["por_area"]), (&json!(1), &json!({ "REDES": 1 })));
    let mut redes = service.client(&service.redes).await;
    for q in [&theirs.label, "tkt 2026 3", "outlook sistemas mesa"] {
        assert!(redes.rows(&path(LISTS[0], &[("q", q)])).await.is_empty(), "{q}");
    }
    for area in ["SISTEMAS", "MESA", "mesa de ayuda", "%", ""] {
        let answer = redes.get(&path(LISTS[0], &[("area", area)])).await;
        let expected = usize::from(area.is_empty());
        assert_eq!((array(&answer).len(), answer.header("x-total")), (expected, Some(&*expected.to_string())));
    }
    // A cursor opens nothing either.
    assert_eq!(redes.rows(&path(LISTS[0], &[("cursor", &theirs.label)])).await.len(), 1);
    assert_eq!(told(&service, &service.mesa, "outlook").await.0.len(), 3);

    // At once after it is theirs no more, whatever the index still says.
    let form = json!({ "nuevaArea": "sistemas", "motivo": "No es la red" });
    mesa.command(&ours, "transferir", &form).await.ok();
    for indexed in [false, true] {
        if indexed {
            service.index().await;
        }
        let (rows, total, totals, found) = told(&service, &service.redes, "outlook").await;
        assert_eq!((rows, total, found), (vec![], "0".to_owned(), vec![]), "indexed: {indexed}");
        assert_eq!((&totals["total"], &totals["por_area"]), (&json!(0), &json!({})));
        let (rows, total, totals, _) = told(&service, &service.sistemas, "outlook").await;
        assert_eq!((rows, total), (vec![theirs.label.clone(), ours.label.clone()], "2".to_owned()));
        assert_eq!(totals["por_area"], json!({ "SISTEMAS": 2 }));
    }
    let (.., found) = told(&service, &service.sistemas, "outlook").await;
    assert_eq!(found, [theirs.label, ours.label]);
}

#[tokio::test]
async fn an_area_is_one_under_each_of_its_names() {
    let service = Service::start().await;
    let marta = service.enter("Marta Mesa", "AREA", Some("mesa  de ayuda")).await;
    let mut created = Vec::new();
    for area in ["MESA", " mesa ", "MESA DE AYUDA", "Mesa De  Ayuda"] {
        created.insert(0, service.ticket_of(area).await.label);
    }
    service.ticket_of("MESA DE AYUDAS").await;
    assert_eq!(labels(&service.client(&marta).await.rows(LISTS[0]).await), created);
}

#[tokio::test]
async fn the_totals_are_those_of_the_list() {
    let service = Service::start().await;
    let known = some_tickets(&service, 40).await;
    for person in [&service.mesa, &service.redes] {
        let mut client = service.client(person).await;
        let totals = client.get("/api/tickets/totales").await.ok();
        let theirs: Vec<_> = known
            .iter()
            .filter(|known| person.id != service.redes.id || known.shown["area_asignada"] == "REDES")
            .collect();
        assert_eq!(totals["total"], theirs.len());
        assert_eq!(totals["archivados"], theirs.iter().filter(|known| known.is_archived()).count());
        let mut by_status: BTreeMap<_, usize> =
            ["ABIERTO", "EN_PROCESO", "PAUSADO", "RESUELTO", "CERRADO", "CANCELADO"].map(|name| (name, 0)).into();
        let mut by_area: BTreeMap<_, usize> = BTreeMap::new();
        for known in &theirs {
            *by_status.get_mut(known.shown["estado"].as_str().unwrap()).unwrap() += 1;
            *by_area.entry(known.shown["area_asignada"].as_str().unwrap()).or_default() += 1;
        }
        assert_eq!(totals["por_estado"], json!(by_status));
        assert_eq!(totals["por_area"], json!(by_area));
        let by_priority: usize = totals["por_prioridad"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| usize::try_from(count.as_u64().unwrap()).unwrap())
            .sum();
        assert_eq!(by_priority, theirs.len());
        has_members(&totals, ["total", "archivados", "por_estado", "por_area", "por_prioridad"]);
    }
}

#[tokio::test]
async fn a_list_tells_what_became_overdue_while_nobody_did_anything() {
    let service = Service::start().await;
    let mut mesa = service.client(&service.mesa).await;
    service.ticket().await;
    assert_eq!(mesa.rows(LISTS[0]).await[0]["vencido"], false);
    service.pass(DAY);
    let row = &mesa.rows(LISTS[0]).await[0];
    assert_eq!((&row["vencido"], &row["horas_restantes"]), (&json!(true), &json!(-20.0)));
}
