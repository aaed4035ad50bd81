//! A ticket's history as the desk reads it.

use serde::Serialize;
use ticketing_core::{
    Rules, Seconds, Status,
    ticket::{Action, ActorId, Change, Changes, Event, NewEvent, PublicEvent, Role, Words},
};

use crate::{Engine, store::Store};

/// A line of `historial`. Source: the Mesa de Ayuda contract.
#[derive(Serialize)]
pub(crate) struct Entry {
    secuencia: u32,
    fecha: Seconds,
    accion: &'static str,
    motivo: Option<String>,
    actor_nombre: Option<String>,
    actor_rol: &'static str,
    estado_antes: Option<&'static str>,
    estado_despues: Option<&'static str>,
    prioridad_antes: Option<String>,
    prioridad_despues: Option<String>,
    area_antes: Option<String>,
    area_despues: Option<String>,
    agente_antes: Option<String>,
    agente_despues: Option<String>,
    comentario: Option<String>,
}

/// A history's lines, in its order. What clocks came to is no part of it: it stands with the service levels. Source: the contract.
pub(super) fn entries<'h, S: Store>(
    engine: &Engine<S>,
    rules: &Rules,
    requester_name: Option<&str>,
    history: impl IntoIterator<Item = &'h NewEvent>,
) -> Vec<Entry> {
    let told = history.into_iter().filter(|NewEvent { event, .. }| !event.action.is_of_clocks());
    told.map(|new| {
        let (text, on_behalf) = (new.text.as_deref(), new.on_behalf.as_deref());
        entry(engine, rules, requester_name, &new.event, text, on_behalf)
    })
    .collect()
}

/// A line of it.
pub(crate) fn entry<S: Store>(
    engine: &Engine<S>,
    rules: &Rules,
    requester_name: Option<&str>,
    event: &Event,
    text: Option<&str>,
    on_behalf: Option<&str>,
) -> Entry {
    // What the requester sees of a change is what the desk sees of it, and less.
    let PublicEvent { seq, recorded_at, author, action, status, priority, area, .. } = event.into();
    let area_name = |area: Option<String>| area.map(|area| rules.desk_area(&area).to_owned());
    let agent = |id: Option<ActorId>| id.map(|id| engine.user_name(id).unwrap_or_else(|| id.0.to_string()));
    let (agent_before, agent_after) = event
        .changes
        .assignee
        .as_ref()
        .map_or((None, None), |Change { before, after }| (agent(*before), agent(*after)));
    Entry {
        secuencia: seq,
        fecha: recorded_at.seconds(),
        accion: action.name(),
        motivo: text.map(str::to_owned),
        actor_nombre: engine.author_name(author, requester_name),
        actor_rol: author.role.name(),
        estado_antes: status.before.map(Status::name),
        estado_despues: status.after.map(Status::name),
        prioridad_antes: priority.before,
        prioridad_despues: priority.after,
        area_antes: area_name(area.before),
        area_despues: area_name(area.after),
        agente_antes: agent_before,
        agente_despues: agent_after,
        comentario: comment(event, on_behalf),
    }
}

/// What has no column of its own: who asked for a cancellation, what became of attributes, and on whose behalf another system did it.
fn comment(event: &Event, on_behalf: Option<&str>) -> Option<String> {
    fn named(name: Option<&String>) -> &str {
        name.map_or("–", String::as_str)
    }
    let Changes {
        status,
        priority,
        category,
        assignee,
        service,
        visibility,
        tags,
        reworded,
        due_by_hand,
        justification,
        ..
    } = &event.changes;
    let mut parts: Vec<String> = event.asked_by.map(|asked_by| asked_by.name().to_owned()).into_iter().collect();
    // Other systems change one attribute at a time, which is named also where it has columns. Source: the contract.
    let is_by_name = event.author.role == Role::Token && event.action == Action::Updated;
    if is_by_name && status.is_some() && assignee.is_none() {
        parts.push("estado".to_owned());
    }
    if is_by_name && priority.is_some() {
        parts.push("prioridad".to_owned());
    }
    if let Some(Change { before, after }) = category {
        parts.push(format!("categoria: {} → {}", named(before.as_ref()), named(after.as_ref())));
    }
    if event.action == Action::Updated && assignee.is_some() {
        parts.push("agente".to_owned());
    }
    if let Some(Change { before, after }) = service {
        parts.push(format!("service: {} → {}", named(before.as_ref()), named(after.as_ref())));
    }
    if let Some(Change { before, after }) = visibility {
        parts.push(format!("type: {} → {}", before.name(), after.name()));
    }
    if let Some(Change { before, after }) = tags {
        let fewer = before.iter().filter(|tag| !after.contains(tag)).map(|tag| format!("−{tag}"));
        let more = after.iter().filter(|tag| !before.contains(tag)).map(|tag| format!("+{tag}"));
        parts.push(format!("tags: {}", fewer.chain(more).collect::<Vec<_>>().join(", ")));
    }
    parts.extend(reworded.map(|words| {
        let name = match words {
            Words::Subject => "asunto",
            Words::Clients => "clients",
        };
        name.to_owned()
    }));
    if let Some(Change { after, .. }) = due_by_hand {
        let due = after.map_or_else(|| "–".to_owned(), |by_hand| by_hand.due.seconds().to_string());
        parts.push(format!("fecha_limite_sla: {due}"));
    }
    if event.action == Action::Updated && event.changes.status.is_none() && justification.is_some() {
        parts.push("justification".to_owned());
    }
    parts.extend(on_behalf.map(|on_behalf| format!("en nombre de {on_behalf}")));
    (!parts.is_empty()).then(|| parts.join("; "))
}
