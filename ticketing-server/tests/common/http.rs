use std::{fmt, io, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything takes that does not hang, also on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server, kept alive: requests are octets, answers come one after the other.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Octets of answers that have not been asked for yet.
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::try_open(address).await.expect("the server takes a connection")
    }

    pub(crate) async fn try_open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends octets as they are.
    pub(crate) async fn send(&mut self, octets: impl AsRef<[u8]>) {
        self.try_send(octets).await.expect("the server reads");
    }

    pub(crate) async fn try_send(&mut self, octets: impl AsRef<[u8]>) -> io::Result<()> {
        timeout(PATIENCE, self.stream.write_all(octets.as_ref())).await.expect("the server hangs")
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn ask(&mut self, request: &Request) -> Answer {
        self.send(request.octets()).await;
        let answer = if request.method == "HEAD" { self.read(false).await } else { self.read(true).await };
        answer.expect("an answer").expect("an answer, not the end of the connection")
    }

    /// POSTs a value as JSON.
    pub(crate) async fn post(&mut self, path: &str, value: &Value) -> Answer {
        self.ask(&Request::post(path, value.to_string())).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(&Request::new("GET", path)).await
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.read(true).await.expect("an answer").expect("an answer, not the end of the connection")
    }

    /// The next answer; `None` where the connection ends without one.
    pub(crate) async fn try_answer(&mut self) -> io::Result<Option<Answer>> {
        self.read(true).await
    }

    /// The head of the next answer, whatever comes after it.
    pub(crate) async fn head_of_answer(&mut self) -> Answer {
        self.read(false).await.expect("an answer").expect("an answer, not the end of the connection")
    }

    /// Asserts that the server has nothing more to say and closes the connection.
    pub(crate) async fn is_closed(&mut self) {
        match self.read(true).await {
            Ok(None) | Err(_) => {}
            Ok(Some(answer)) => panic!("one answer more: {answer}"),
        }
    }

    /// Asserts that the server closes the connection, and has said at most this, without a body.
    pub(crate) async fn is_closed_with(&mut self, status: u16) {
        match self.read(false).await {
            Ok(Some(answer)) => assert_eq!(answer.status, status, "{answer}"),
            Ok(None) | Err(_) => return,
        }
        self.is_closed().await;
    }

    async fn read(&mut self, with_body: bool) -> io::Result<Option<Answer>> {
        let head_octets = loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if !self.receive().await? {
                return if self.received.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let head = String::from_utf8(self.received.drain(..head_octets).collect()).unwrap();
        let mut answer = Answer { status: head[9..12].parse().unwrap(), head, body: vec![] };
        if with_body && answer.status >= 200 && !matches!(answer.status, 204 | 304) {
            let length = answer.header("content-length").expect("an answer says how long it is").parse().unwrap();
            while self.received.len() < length {
                if !self.receive().await? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            answer.body = self.received.drain(..length).collect();
        }
        Ok(Some(answer))
    }

    /// Receives some octets; `false` at the end of the connection.
    async fn receive(&mut self) -> io::Result<bool> {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await.expect("the server hangs")?;
        Ok(read > 0)
    }
}

/// A request, right as long as a test does not spoil it.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: String,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: String::new(), body: vec![] }
    }

    /// A POST of octets that claim to be JSON.
    pub(crate) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::post_as(path, body).header("Content-Type", "application/json")
    }

    /// A POST of octets that claim to be nothing.
    pub(crate) fn post_as(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { body: vec![], ..Self::new("POST", path) }.header("Content-Length", &body.len().to_string()).body(body)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    /// The body, without a header that announces it.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Everything before the body.
    pub(crate) fn head(&self) -> String {
        format!("{} {} HTTP/1.1\r\nHost: desk.example\r\n{}\r\n", self.method, self.path, self.headers)
    }

    /// As it goes over the wire.
    pub(crate) fn octets(&self) -> Vec<u8> {
        [self.head().as_bytes(), &self.body].concat()
    }
}

/// What the server answers.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers as they came.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header that stands there once at most.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} stands there twice");
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The JSON of an answer that is 200.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        self.json()
    }

    /// The problem that an answer is: what it says for people, and for programs.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{self}");
        assert_eq!(problem["code"], code, "{self}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{self}");
        problem
    }

    /// The error that an answer is to another system. Source: the integration contract.
    #[track_caller]
    pub(crate) fn error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.header("content-type"), Some("application/json"), "{self}");
        let error = self.json();
        assert_eq!(error["code"], code, "{self}");
        let message = match code {
            "VALIDATION_ERROR" => "Validation error",
            "AUTHENTICATION_ERROR" => "No authorization token was found",
            "NOT_FOUND" => "Not found",
            "DUPLICATED" => "Entity already exists",
            "INTERNAL_ERROR" => "Internal error",
            _ => error["message"].as_str().filter(|message| !message.is_empty()).unwrap_or_else(|| panic!("{self}")),
        };
        assert_eq!(error["message"], message, "{self}");
        let members = error.as_object().unwrap().keys().map(String::as_str);
        assert!(members.into_iter().all(|member| ["code", "message", "details"].contains(&member)), "{self}");
        for detail in error["details"].as_array().into_iter().flatten() {
            for member in ["code", "message"] {
                assert!(detail[member].as_str().is_some_and(|text| !text.is_empty()), "{self}");
            }
        }
        error
    }

    /// The reason that an error to another system gives for people, where its first detail has this code.
    #[track_caller]
    pub(crate) fn refusal(&self, status: u16, code: &str, reason: &str) -> String {
        let error = self.error(status, code);
        let detail = &error["details"][0];
        assert_eq!(detail["code"], reason, "{self}");
        detail["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The field and code of each violation, in the answer's order.
    #[track_caller]
    pub(crate) fn violations(&self) -> Vec<(String, String)> {
        let problem = self.problem(422, "invalid");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = problem["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| {
                let members: Vec<_> = error.as_object().unwrap().keys().collect();
                assert_eq!(members, ["code", "field", "message", "params"]);
                assert!(error["params"].is_object());
                assert_ne!(text(&error["message"]), "");
                (text(&error["field"]), text(&error["code"]))
            })
            .collect()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.head, self.text())
    }
}
