//! Clocks that are set: forward, back, over New Year. Nothing is lost, doubled or told twice, and nothing waits for as long as the clock
//! was off.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    common::{
        http::{Connection, Request},
        program::{Desk, Server},
    },
    receiver::{Receiver, Reply},
    requesters::{Known, creation, email, holds, is_found, note},
    shim::Shim,
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 366 * DAY;

struct Clocked {
    desk: Desk,
    shim: Shim,
}

impl Clocked {
    fn new() -> Self {
        let desk = Desk::on_a_file();
        std::fs::create_dir(desk.path("disk")).unwrap();
        // Files are left alone: only the clock is another one.
        let shim = Shim::new(&desk.path("disk"), &desk.path(""));
        Self { desk, shim }
    }

    fn serve(&self) -> Server {
        self.desk.serve_with(|command| {
            self.shim
                .put_before(command)
                .env("TICKETING_RATE_LIMITS", "off")
                .env("TICKETING_WEBHOOKS_ALLOW_PRIVATE_TARGETS", "127.0.0.0/8")
        })
    }

    fn admin(&self) {
        let mut command = self.desk.program();
        command.args(["user", "create", "--role", "ADMIN", "--email", "ada@example.com", "--name", "Ada"]);
        let outcome = super::common::program::run(command.env("TICKETING_PASSWORD", "una clave larga"));
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    }
}

async fn create(client: &mut Connection, known: &mut Known, requester: u32) -> (u32, u32) {
    note(known, &client.ask(&creation(requester)).await, requester, 0);
    let label = &known.acknowledged.last().unwrap().label;
    let mut parts = label.split('-').skip(1).map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

async fn log_in(client: &mut Connection, password: &str) -> (u16, Value) {
    let answer = client.post("/api/auth/login", &json!({ "email": "ada@example.com", "password": password })).await;
    (answer.status, answer.json())
}

async fn ask(client: &mut Connection, token: &str, request: Request) -> super::common::http::Answer {
    client.ask(&request.header("Authorization", &format!("Bearer {token}"))).await
}

#[tokio::test]
async fn each_year_goes_on_where_it_was_when_the_clock_comes_back_to_it() {
    let clocked = Clocked::new();
    let server = clocked.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    let (year, first) = create(&mut client, &mut known, 0).await;
    assert_eq!(first, 1);
    let mut labels = vec![];
    for (requester, off) in (1..).zip([YEAR, 0, YEAR, -YEAR, 0, YEAR]) {
        clocked.shim.set_clock(off);
        labels.push(create(&mut client, &mut known, requester).await);
    }
    let years = |expected: [(u32, u32); 6]| expected.map(|(later, number)| (year + later - 1, number)).to_vec();
    assert_eq!(labels, years([(2, 1), (1, 2), (2, 2), (0, 1), (1, 3), (2, 3)]));
    for ticket in &known.acknowledged {
        is_found(&mut client, ticket).await;
    }
    server.kill();
    assert_eq!(holds(&clocked.desk.file(), &known.acknowledged, "after all these years").await.len(), 7);
}

#[tokio::test]
async fn what_happened_to_a_ticket_stands_in_its_order_whatever_the_clock_said() {
    let clocked = Clocked::new();
    let server = clocked.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    create(&mut client, &mut known, 0).await;
    let label = known.acknowledged[0].label.clone();
    for off in [DAY, 0, -DAY, 2 * DAY, -YEAR] {
        clocked.shim.set_clock(off);
        let comment = json!({ "label": label, "email": email(0), "mensaje": format!("El reloj dice {off}") });
        client.post("/api/tickets/comentar", &comment).await.ok();
    }
    let token = clocked.desk.run(&["token", "create", "--name", "crm", "--scopes", "tickets:read"]).success();
    clocked.shim.set_clock(0);
    sleep(Duration::from_secs(1)).await;
    let request = Request::new("GET", "/v2/events").header("X-API-TOKEN", token.trim());
    let events = client.ask(&request).await.ok();
    let events = events.as_array().unwrap();
    let mut times: Vec<_> = events.iter().map(|event| event["timestamp"].as_str().unwrap()).collect();
    let told = times.clone();
    times.sort_unstable();
    assert_eq!(times, told, "in order");
    let numbers: Vec<_> = events.iter().map(|event| event["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "none twice");
    assert!(numbers.len() >= 6);
    server.kill();
    holds(&clocked.desk.file(), &known.acknowledged, "after the jumps").await;
}

/// A key is good for a day by the server's clock.
#[tokio::test]
async fn a_request_that_is_repeated_across_a_jump_is_done_once() {
    let clocked = Clocked::new();
    let server = clocked.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    create(&mut client, &mut known, 0).await;
    for off in [HOUR, -HOUR, 23 * HOUR, -YEAR, 0] {
        clocked.shim.set_clock(off);
        create(&mut client, &mut known, 0).await;
    }
    let label = &known.acknowledged[0].label;
    assert!(known.acknowledged.iter().all(|again| again.label == *label), "{:?}", known.acknowledged);
}

#[tokio::test]
async fn sessions_end_by_the_clock_and_nobody_is_kept_out_for_as_long_as_it_was_off() {
    let clocked = Clocked::new();
    clocked.desk.serve().kill();
    clocked.admin();
    let server = clocked.serve();
    let mut client = server.connect().await;
    let me = || Request::new("GET", "/api/auth/users");
    let (status, session) = log_in(&mut client, "una clave larga").await;
    assert_eq!(status, 200, "{session}");
    let token = session["access_token"].as_str().unwrap().to_owned();
    assert_eq!(ask(&mut client, &token, me()).await.status, 200);
    // Forward by more than a session: it is over. Back: it is what it was.
    clocked.shim.set_clock(3 * HOUR);
    ask(&mut client, &token, me()).await.problem(401, "invalid-token");
    clocked.shim.set_clock(-HOUR);
    assert_eq!(ask(&mut client, &token, me()).await.status, 200);

    // Wrong passwords while the clock is a day ahead: when it is right again, whoever has the password waits for no day.
    clocked.shim.set_clock(DAY);
    let mut last = 0;
    for _ in 0..12 {
        last = log_in(&mut client, "otra").await.0;
    }
    assert_eq!(last, 429);
    clocked.shim.set_clock(0);
    let (status, session) = log_in(&mut client, "una clave larga").await;
    assert_eq!(status, 200, "{session}");
    // A password that was changed a day ahead ends what was before it, and the next session begins now.
    clocked.shim.set_clock(DAY);
    let (_, session) = log_in(&mut client, "una clave larga").await;
    let token = session["access_token"].as_str().unwrap().to_owned();
    let change = json!({ "actual": "una clave larga", "nueva": "otra clave larga" }).to_string();
    let changed = ask(&mut client, &token, Request::post("/api/auth/password", change)).await;
    assert!(changed.status < 300, "{changed}");
    clocked.shim.set_clock(0);
    ask(&mut client, &token, me()).await.problem(401, "invalid-token");
    let (status, session) = log_in(&mut client, "otra clave larga").await;
    assert_eq!(status, 200, "{session}");
    assert_eq!(ask(&mut client, session["access_token"].as_str().unwrap(), me()).await.status, 200);
}

/// A clock that goes forward and back over a deadline has it breached once; what the jump has told is not told again.
#[tokio::test]
async fn an_alarm_is_told_once_however_often_the_clock_passes_it() {
    let clocked = Clocked::new();
    let receiver = Receiver::new(|_, _| Reply::Status(200)).await;
    clocked.desk.serve().kill();
    clocked.desk.run(&["webhook", "create", "--url", &receiver.url()]).success();
    let server = clocked.serve();
    let mut client = server.connect().await;
    let mut known = Known::default();
    create(&mut client, &mut known, 0).await;
    arrived(&receiver, 1).await;
    // The deadline of what is urgent is four hours away.
    clocked.shim.set_clock(5 * HOUR);
    let mut told = 1;
    while receiver.ids().len() == told {
        sleep(Duration::from_millis(50)).await;
    }
    sleep(Duration::from_secs(2)).await;
    told = receiver.ids().len();
    for off in [0, 5 * HOUR, -DAY, 6 * HOUR, 0] {
        clocked.shim.set_clock(off);
        sleep(Duration::from_millis(1_300)).await;
    }
    let mut ids = receiver.ids();
    assert_eq!(ids.len(), told, "what was told is not told again");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), told, "none twice");
    // What happens from now on is told at once.
    create(&mut client, &mut known, 1).await;
    arrived(&receiver, told + 1).await;
    server.kill();
    holds(&clocked.desk.file(), &known.acknowledged, "after the jumps").await;
}

async fn arrived(receiver: &Receiver, many: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while receiver.ids().len() < many {
        assert!(Instant::now() < deadline, "{} of {many} arrived", receiver.ids().len());
        sleep(Duration::from_millis(20)).await;
    }
}

/// A delivery that failed while the clock was a day ahead is tried again in seconds, and not in a day.
#[tokio::test]
async fn what_is_to_be_tried_again_waits_no_longer_when_the_clock_is_set_back() {
    let clocked = Clocked::new();
    let receiver = Receiver::new(|_, time| Reply::Status(if time == 1 { 500 } else { 200 })).await;
    clocked.desk.serve().kill();
    clocked.desk.run(&["webhook", "create", "--url", &receiver.url()]).success();
    let server = clocked.serve();
    clocked.shim.set_clock(DAY);
    let mut client = server.connect().await;
    let mut known = Known::default();
    create(&mut client, &mut known, 0).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while receiver.arrivals().is_empty() {
        assert!(Instant::now() < deadline, "nothing arrived");
        sleep(Duration::from_millis(20)).await;
    }
    // Noted as failed, which is after the answer.
    sleep(Duration::from_millis(500)).await;
    clocked.shim.set_clock(0);
    while !receiver.arrivals().iter().any(|arrival| arrival.taken) {
        assert!(Instant::now() < deadline, "it was not tried again");
        sleep(Duration::from_millis(50)).await;
    }
}
