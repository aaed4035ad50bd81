//! A help desk inside a program of your own: the engine and its SQLite file, without HTTP and without a second process.
//!
//! It shows what is wrong with a bad form, in Spanish; creates a ticket from a good one; lets the desk reply and the
//! requester answer; and reads the whole history from the store.
//!
//! Run it with `cargo run -p example-embed`.

use anyhow::{Context, bail};
use ticketing_core::{
    Actor, Command, Comment, Draft, Field, Locale, LookUp, Status, Ticket, Uuid,
    ticket::{Action, ActorId, Message, NewEvent, Reply},
};
use ticketing_server::{CreateRequest, CreatedTicket, Engine, store::sqlite::SqliteStore};

type HelpDesk = Engine<SqliteStore>;

const EMAIL: &str = "ana@example.com";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let store = SqliteStore::open(directory.path().join("ticketing.db"))?;
    let desk = Engine::start(store).await?;

    show_what_is_wrong(&desk)?;
    let created = create(&desk).await?;
    converse(&desk, &created).await?;
    tell_the_history(&desk, &created).await
}

/// Everything that is wrong with a form is said at once, each field's violation in the reader's language.
fn show_what_is_wrong(desk: &HelpDesk) -> anyhow::Result<()> {
    let draft = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, "ana@example")
        .with(Field::Type, "PROBLEMA")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "No entra");
    let Err(violations) = draft.validate(&desk.rules()) else { bail!("a bad form was accepted") };

    println!("A bad form is refused, field by field:");
    for violation in violations.render(Locale::Es) {
        println!("  {}: {}", violation.field, violation.message);
    }
    let found: Vec<_> = violations.iter().map(|violation| (violation.field, violation.problem.code())).collect();
    assert_eq!(
        found,
        [
            ("email", "invalid-email"),
            ("tipo", "unknown-value"),
            ("descripcion", "too-short"),
            ("prioridad", "required")
        ]
    );
    Ok(())
}

/// A good form becomes a ticket with a label and a deadline.
async fn create(desk: &HelpDesk) -> anyhow::Result<CreatedTicket> {
    let new_ticket = Draft::new()
        .with(Field::Name, "Ana García")
        .with(Field::Email, EMAIL)
        .with(Field::Type, "INCIDENTE")
        .with(Field::Category, "Sistemas")
        .with(Field::Description, "No puedo iniciar sesión en Outlook.")
        .with(Field::Priority, "ALTA")
        .validate(&desk.rules())?;
    let created = desk.create(CreateRequest::new(new_ticket)).await?;

    let granted = created.granted.context("the built-in rules promise every ticket something")?;
    let due_at = created.due_at.context("what is promised has a deadline")?;
    println!(
        "A good one is {}, created at {} and due {} h later, at {due_at}.",
        created.label,
        created.created_at,
        granted.num_hours()
    );
    // Four hours are what the built-in rules grant to priority ALTA.
    assert_eq!(granted.num_hours(), 4);
    assert_eq!(due_at.since(created.created_at), granted);
    Ok(created)
}

/// The desk starts to work and replies; the requester, known by label and e-mail address, reads that and answers.
async fn converse(desk: &HelpDesk, created: &CreatedTicket) -> anyhow::Result<()> {
    // Who works at the desk is your program's to know; the engine keeps their id.
    let agent = Actor::Desk(ActorId(Uuid::from_u128(7)));
    let question = "¿Aparece algún mensaje de error?";
    let reply = Reply::new(question)?;
    let update = Command::Update { status: Some(Status::InProgress), priority: None, area: None, reply: Some(reply) };
    let ticket = desk.execute(created.id, &agent, update).await?;
    assert_eq!(ticket.status, Status::InProgress);

    let look_up = LookUp { label: created.label.to_string(), email: EMAIL.to_owned() };
    let seen = desk.look_up(&look_up).await?.record;
    println!("Its requester looks it up: {}, “{}”", seen.status.name(), seen.reply.as_deref().unwrap_or("–"));
    assert_eq!(seen.reply.as_deref(), Some(question));

    let message = Message::new("Sí: «contraseña vencida».")?;
    desk.comment(Comment { look_up, message }).await?;
    Ok(())
}

/// A ticket is what its events come to: the store has each of them, and replaying them gives the ticket again.
async fn tell_the_history(desk: &HelpDesk, created: &CreatedTicket) -> anyhow::Result<()> {
    let history = desk.history(created.id).await?;

    println!("Its history:");
    for NewEvent { event, text, .. } in &history {
        let (role, action) = (event.author.role.name(), event.action.name());
        println!("  {}. {role} {action} {}", event.seq, text.as_deref().unwrap_or("–"));
    }
    let actions: Vec<_> = history.iter().map(|entry| entry.event.action).collect();
    assert_eq!(actions, [Action::Opened, Action::Updated, Action::Commented]);

    let replayed = Ticket::replay(created.id, history.iter().map(|entry| &entry.event))?;
    assert_eq!(replayed, desk.ticket(created.id).await?);
    Ok(())
}
