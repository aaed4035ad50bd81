//! A ticket's history as the desk reads it.

use serde::Serialize;
use ticketing_core::{
    Rules, Seconds, Status,
    ticket::{ActorId, Change, Event, NewEvent, PublicEvent},
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
    told.map(|NewEvent { event, text }| entry(engine, rules, requester_name, event, text.as_deref())).collect()
}

/// A line of it.
pub(crate) fn entry<S: Store>(
    engine: &Engine<S>,
    rules: &Rules,
    requester_name: Option<&str>,
    event: &Event,
    text: Option<&str>,
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
        comentario: comment(event),
    }
}

/// What has no column of its own: who asked for a cancellation, and what a reclassification made of the category.
fn comment(event: &Event) -> Option<String> {
    let asked_by = event.asked_by.map(|asked_by| asked_by.name().to_owned());
    asked_by.or_else(|| {
        let Change { before, after } = event.changes.category.as_ref()?;
        let name = |category: &Option<String>| category.clone().unwrap_or_else(|| "–".to_owned());
        Some(format!("categoria: {} → {}", name(before), name(after)))
    })
}
