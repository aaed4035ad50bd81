//! What the built-in templates say, in three languages. Templates have it as `t`.

use std::collections::BTreeMap;

use minijinja::Value;
use ticketing_core::Locale;

/// The words of a language, by their names.
pub(super) fn words(locale: Locale) -> Value {
    let words: BTreeMap<&str, &str> = WORDS.iter().map(|(name, texts)| (*name, locale.pick(*texts))).collect();
    Value::from(words)
}

/// The word of a name; empty where there is none.
pub(super) fn word(name: &str, locale: Locale) -> &'static str {
    WORDS.iter().find(|(known, _)| *known == name).map_or("", |(_, texts)| locale.pick(*texts))
}

#[rustfmt::skip]
const WORDS: &[(&str, [&str; 3])] = &[
    ("desk", ["Mesa de Ayuda", "Help Desk", "Central de Ajuda"]),
    ("greeting", ["Hola", "Hello", "Olá"]),
    ("your_request", ["Su solicitud", "Your request", "Sua solicitação"]),

    // What happened, by the kind of the notice
    ("created", ["Recibimos su solicitud", "We have your request", "Recebemos a sua solicitação"]),
    ("replied", ["Hay una respuesta a su solicitud", "There is a reply to your request", "Há uma resposta à sua solicitação"]),
    ("resolved", ["Su solicitud quedó resuelta", "Your request is solved", "Sua solicitação foi resolvida"]),
    ("closed", ["Su solicitud fue cerrada", "Your request was closed", "Sua solicitação foi fechada"]),
    ("canceled", ["Su solicitud fue cancelada", "Your request was canceled", "Sua solicitação foi cancelada"]),
    ("assigned", ["Este ticket es suyo", "This ticket is yours", "Este ticket é seu"]),
    ("at-risk", ["Un plazo está en riesgo", "A deadline is at risk", "Um prazo está em risco"]),
    ("breached", ["Un plazo venció", "A deadline has passed", "Um prazo venceu"]),
    ("test", ["El correo funciona", "Mail works", "O e-mail funciona"]),

    // What follows from it
    ("created_lead", ["Guarde esta etiqueta: con ella y su correo puede consultarla.", "Keep this label: with it and your e-mail address you can look your request up.", "Guarde esta etiqueta: com ela e o seu e-mail pode consultá-la."]),
    ("replied_lead", ["Puede responder en la consulta.", "You can answer on the look-up page.", "Pode responder na consulta."]),
    ("resolved_lead", ["Si el problema sigue, respóndanos en la consulta y se volverá a abrir.", "If the problem is still there, answer on the look-up page, and your request is opened again.", "Se o problema continua, responda na consulta e ela será reaberta."]),
    ("closed_lead", ["Si necesita algo más, cree otra solicitud y mencione esta etiqueta.", "If you need something else, make another request and mention this label.", "Se precisar de algo mais, crie outra solicitação e mencione esta etiqueta."]),
    ("canceled_lead", ["Si necesita algo más, cree otra solicitud y mencione esta etiqueta.", "If you need something else, make another request and mention this label.", "Se precisar de algo mais, crie outra solicitação e mencione esta etiqueta."]),
    ("test_lead", ["Los avisos de los tickets llegarán desde esta dirección.", "Notices about tickets will come from this address.", "Os avisos dos tickets chegarão deste endereço."]),

    // Names of what is told
    ("label", ["Etiqueta", "Label", "Etiqueta"]),
    ("subject", ["Asunto", "Subject", "Assunto"]),
    ("due", ["Respuesta antes de", "Answer before", "Resposta antes de"]),
    ("reopens_until", ["Se puede volver a abrir hasta", "It may be opened again until", "Pode ser reaberta até"]),
    ("priority", ["Prioridad", "Priority", "Prioridade"]),
    ("area", ["Área", "Area", "Área"]),
    ("target", ["Plazo", "Deadline", "Prazo"]),
    ("target_due", ["Vence", "Due", "Vence"]),
    ("percent", ["Tiempo usado", "Time used", "Tempo usado"]),
    ("primeraRespuesta", ["Primera respuesta", "First response", "Primeira resposta"]),
    ("siguienteRespuesta", ["Siguiente respuesta", "Next response", "Próxima resposta"]),
    ("resolucion", ["Resolución", "Resolution", "Resolução"]),

    // The end
    ("look_up", ["Consultar la solicitud", "Look the request up", "Consultar a solicitação"]),
    ("automatic", ["Este mensaje es automático.", "This message is automatic.", "Esta mensagem é automática."]),
    ("not_yours", ["Si usted no hizo esta solicitud, ignórelo.", "If you did not make this request, ignore it.", "Se não fez esta solicitação, ignore-a."]),
];
