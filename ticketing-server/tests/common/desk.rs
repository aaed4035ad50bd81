use std::{
    net::SocketAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
};

use serde_json::{Value, json};
use ticketing_core::{
    Actor, TicketId, Timestamp,
    ticket::Role,
    user::{NewUser, UserPatch},
};
use ticketing_server::{
    Authority, Engine, EngineOptions, PasswordCost,
    http::{App, HttpOptions, serve},
    store::AnyStore,
};
use tokio::{net::TcpListener, sync::oneshot};
use uuid::Uuid;

use super::{
    database::Database,
    http::{Answer, Connection, Request},
    seed_with,
};

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// When a service's clock stands at first.
pub(crate) const MORNING: &str = "2026-03-24T10:15:00Z";

/// A service in this process, on a database of its own and a clock that only moves when told to, with users who are logged in.
/// It ends with its test.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) engine: Engine<AnyStore>,
    pub(crate) admin: Person,
    pub(crate) mesa: Person,
    /// Works the area REDES.
    pub(crate) redes: Person,
    /// Works the area SISTEMAS.
    pub(crate) sistemas: Person,
    /// May log in, and no more.
    pub(crate) usuario: Person,
    pub(crate) database: Database,
    now: Arc<AtomicI64>,
    _shutdown: oneshot::Sender<()>,
}

/// A user with a token.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) name: &'static str,
    pub(crate) token: String,
    pub(crate) actor: Actor,
}

impl Person {
    pub(crate) fn role(&self) -> Role {
        self.actor.role()
    }
}

const PASSWORD: &str = "una clave larga";

impl Service {
    pub(crate) async fn start() -> Self {
        // Days may pass without anybody having to log in again.
        Self::start_with(NonZeroU32::new(1_000_000).unwrap()).await
    }

    /// With tokens that are valid for so long.
    pub(crate) async fn start_with(token_minutes: NonZeroU32) -> Self {
        Self::start_as(EngineOptions { token_minutes, ..Self::engine_options() }, Self::http_options()).await
    }

    /// What an engine of tests does about accounts.
    pub(crate) fn engine_options() -> EngineOptions {
        EngineOptions { password_cost: PasswordCost::LEAST, ..EngineOptions::default() }
    }

    /// How a service of tests deals with its clients.
    pub(crate) fn http_options() -> HttpOptions {
        HttpOptions { rate_limits: None, ..HttpOptions::default() }
    }

    /// With options.
    pub(crate) async fn start_as(options: EngineOptions, http: HttpOptions) -> Self {
        let database = Database::new();
        let now = Arc::new(AtomicI64::new(Timestamp::parse(MORNING).unwrap().unix_millis()));
        let clock = {
            let now = Arc::clone(&now);
            move || Timestamp::from_unix_millis(now.load(SeqCst)).unwrap()
        };
        let store = database.open().await;
        let engine = Engine::start_with(store, clock, options).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::new(engine.clone(), http);
        let (shutdown, ended) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, app, async { _ = ended.await }));

        let admin = enter(&engine, address, "Ada Administra", "ADMIN", None).await;
        let mesa = enter(&engine, address, "Mario Mesa", "MESA", None).await;
        let redes = enter(&engine, address, "Rita Redes", "AREA", Some("REDES")).await;
        let sistemas = enter(&engine, address, "Simón Sistemas", "AREA", Some("Sistemas")).await;
        let usuario = enter(&engine, address, "Ursula Usuaria", "USUARIO", None).await;
        Self { address, engine, admin, mesa, redes, sistemas, usuario, database, now, _shutdown: shutdown }
    }

    /// Those who work at the desk, one of each role, the two of one area last.
    pub(crate) fn staff(&self) -> [&Person; 4] {
        [&self.admin, &self.mesa, &self.redes, &self.sistemas]
    }

    /// A further user, logged in.
    pub(crate) async fn enter(&self, name: &'static str, role: &str, area: Option<&str>) -> Person {
        enter(&self.engine, self.address, name, role, area).await
    }

    /// Takes it from a user to log in.
    pub(crate) async fn deactivate(&self, person: &Person) {
        let patch = UserPatch::activity_only(false);
        self.engine.change_user(ticketing_core::ticket::ActorId(person.id), patch, &Authority::Operator).await.unwrap();
    }

    /// A client that shows somebody's token.
    pub(crate) async fn client(&self, person: &Person) -> Client {
        self.client_with(Some(&person.token)).await
    }

    /// A client of somebody who has not logged in.
    pub(crate) async fn nobody(&self) -> Client {
        self.client_with(None).await
    }

    /// A client that shows this as its token.
    pub(crate) async fn client_with(&self, token: Option<&str>) -> Client {
        let authorization = token.map(|token| format!("Bearer {token}"));
        Client { connection: Connection::open(self.address).await, authorization }
    }

    /// Another engine on the same database, as another process has it.
    pub(crate) async fn beside(&self) -> Engine<AnyStore> {
        let now = Arc::clone(&self.now);
        let clock = move || Timestamp::from_unix_millis(now.load(SeqCst)).unwrap();
        let store = self.database.open().await;
        Engine::start_with_clock(store, clock).await.unwrap()
    }

    /// Lets time pass, in milliseconds.
    pub(crate) fn pass(&self, millis: i64) {
        self.now.fetch_add(millis, SeqCst);
    }

    /// Sets the clock back to where it stood at first.
    pub(crate) fn rewind(&self) {
        self.now.store(Timestamp::parse(MORNING).unwrap().unix_millis(), SeqCst);
    }

    /// Makes what has been said findable.
    pub(crate) async fn index(&self) {
        while self.engine.index_words().await.unwrap() {}
    }

    /// A new ticket of an area.
    pub(crate) async fn ticket_of(&self, area: &str) -> Ticket {
        self.nobody().await.create(&seed_with(&json!({ "areaAsignada": area }))).await
    }

    /// A new ticket of the area MESA.
    pub(crate) async fn ticket(&self) -> Ticket {
        self.ticket_of("MESA").await
    }
}

async fn enter(
    engine: &Engine<AnyStore>,
    address: SocketAddr,
    name: &'static str,
    role: &str,
    area: Option<&str>,
) -> Person {
    let email = format!("{}@desk.example", name.split(' ').next().unwrap().to_ascii_lowercase().replace('ó', "o"));
    let form = json!({ "email": email, "nombre": name, "password": PASSWORD, "rol": role, "area": area });
    let user = engine
        .create_user(NewUser::from_json(form.to_string().as_bytes()).unwrap(), &Authority::Operator)
        .await
        .unwrap();
    let login = json!({ "email": email, "password": PASSWORD });
    let logged_in = Connection::open(address).await.post("/api/auth/login", &login).await.ok();
    assert_eq!(logged_in["user"]["id"], user.id.0.to_string());
    let token = logged_in["access_token"].as_str().unwrap().to_owned();
    Person { id: user.id.0, name, token, actor: user.actor() }
}

/// A ticket as its creation answers it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Ticket {
    pub(crate) uuid: String,
    pub(crate) label: String,
    pub(crate) email: String,
}

impl Ticket {
    pub(crate) fn path(&self) -> String {
        format!("/api/tickets/{}", self.uuid)
    }

    pub(crate) fn id(&self) -> TicketId {
        TicketId(self.uuid.parse().unwrap())
    }
}

/// A connection of somebody who may have a token.
pub(crate) struct Client {
    connection: Connection,
    authorization: Option<String>,
}

impl Client {
    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        let request = match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        };
        self.connection.ask(&request).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::new("GET", path)).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &Value) -> Answer {
        self.ask(Request::post(path, form.to_string())).await
    }

    /// A command: `POST /api/tickets/{uuid}/{action}`.
    pub(crate) async fn command(&mut self, ticket: &Ticket, action: &str, form: &Value) -> Answer {
        self.ask(command(ticket, action, form)).await
    }

    /// The status that a ticket should have, set.
    pub(crate) async fn set(&mut self, ticket: &Ticket, estado: &str) {
        self.command(ticket, "actualizar", &json!({ "estado": estado })).await.ok();
    }

    /// A ticket in full.
    pub(crate) async fn detail(&mut self, ticket: &Ticket) -> Value {
        self.get(&ticket.path()).await.ok()
    }

    /// A ticket without its history.
    pub(crate) async fn shown(&mut self, ticket: &Ticket) -> Value {
        self.detail(ticket).await["ticket"].take()
    }

    pub(crate) async fn history(&mut self, ticket: &Ticket) -> Vec<Value> {
        match self.detail(ticket).await["historial"].take() {
            Value::Array(lines) => lines,
            other => panic!("{other}"),
        }
    }

    /// The last line of a ticket's history.
    pub(crate) async fn last_line(&mut self, ticket: &Ticket) -> Value {
        self.history(ticket).await.pop().unwrap()
    }

    /// The rows of a list.
    pub(crate) async fn rows(&mut self, path: &str) -> Vec<Value> {
        match self.get(path).await.ok() {
            Value::Array(rows) => rows,
            other => panic!("{other} is no bare array"),
        }
    }

    pub(crate) async fn create(&mut self, form: &Value) -> Ticket {
        let created = self.post("/api/tickets/crear", form).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Ticket { uuid: text(&created["ticketUuid"]), label: text(&created["ticketLabel"]), email: text(&form["email"]) }
    }

    /// What a ticket's requester sees.
    pub(crate) async fn look_up(&mut self, ticket: &Ticket) -> Value {
        self.post("/api/tickets/consultar", &json!({ "label": ticket.label, "email": ticket.email })).await.ok()
    }

    /// The requester answers.
    pub(crate) async fn comment(&mut self, ticket: &Ticket, mensaje: &str) -> Answer {
        let form = json!({ "label": ticket.label, "email": ticket.email, "mensaje": mensaje });
        self.post("/api/tickets/comentar", &form).await
    }
}

/// A command as a request, for a test to complete.
pub(crate) fn command(ticket: &Ticket, action: &str, form: &Value) -> Request {
    Request::post(&format!("{}/{action}", ticket.path()), form.to_string())
}

/// Every command, with a form that it takes of any ticket that it may be done to. Source: the Mesa de Ayuda contract, as are the
/// roles and messages.
pub(crate) struct Row {
    pub(crate) action: &'static str,
    pub(crate) roles: &'static [Role],
    pub(crate) message: &'static str,
}

impl Row {
    /// A form that is taken, with its agent, who must work every area.
    pub(crate) fn form(&self, agent: &Person) -> Value {
        let id = agent.id.to_string();
        match self.action {
            "actualizar" => json!({ "respuesta": "Ya lo estamos revisando" }),
            "asignar" => json!({ "agenteId": id, "motivo": "Le toca" }),
            "transferir" => json!({ "nuevaArea": "DESARROLLO", "agenteId": "", "motivo": "Es de ellos" }),
            "reclasificar" => {
                json!({ "nuevaPrioridad": "BAJA", "nuevaCategoria": "Redes", "motivo": "No corre prisa" })
            }
            "cancelar" => json!({ "motivo": "Ya no hace falta", "rol": "USUARIO" }),
            _ => json!({ "motivo": "Porque sí" }),
        }
    }

    /// A status from which it may be done; archived where it is the way back from there.
    pub(crate) fn from(&self) -> &'static str {
        match self.action {
            "reabrir" => "PAUSADO",
            _ => "ABIERTO",
        }
    }

    /// A new ticket to which it may be done.
    pub(crate) async fn ticket(&self, service: &Service, area: &str) -> Ticket {
        let ticket = service.ticket_of(area).await;
        let mut admin = service.client(&service.admin).await;
        if self.from() != "ABIERTO" {
            admin.set(&ticket, self.from()).await;
        }
        if self.action == "desarchivar" {
            admin.command(&ticket, "archivar", &json!({ "motivo": "Ya está" })).await.ok();
        }
        ticket
    }
}

const ALL: &[Role] = &[Role::Admin, Role::Desk, Role::Area];
const DESK: &[Role] = &[Role::Admin, Role::Desk];

pub(crate) const COMMANDS: [Row; 9] = [
    Row { action: "actualizar", roles: ALL, message: "Ticket actualizado correctamente" },
    Row { action: "asignar", roles: DESK, message: "Asignado" },
    Row { action: "transferir", roles: DESK, message: "Transferido" },
    Row { action: "reclasificar", roles: DESK, message: "Reclasificado" },
    Row { action: "pausar", roles: ALL, message: "Pausado" },
    Row { action: "reabrir", roles: DESK, message: "Reabierto" },
    Row { action: "cancelar", roles: ALL, message: "Cancelado" },
    Row { action: "archivar", roles: ALL, message: "Archivado" },
    Row { action: "desarchivar", roles: &[Role::Admin], message: "Desarchivado" },
];
