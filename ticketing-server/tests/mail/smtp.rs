//! A real mail server for tests: `server.py`, which is aiosmtpd, in a virtual environment of its own.

use std::{
    collections::BTreeMap,
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail");

/// Python with what the server needs. The first test that asks makes it, below Cargo's target directory; it is an error where there
/// is none, for `cargo xtask test` installs it.
fn python() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail-server");
    let (python, ready) = (home.join("bin/python"), home.join("ready"));
    let requirements = fs::read_to_string(Path::new(SOURCES).join("requirements.txt")).unwrap();
    fs::create_dir_all(&home).unwrap();
    // Each test is a process, and one of them makes it.
    let lock = fs::File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    if fs::read_to_string(&ready).is_ok_and(|made| made == requirements) {
        return python;
    }
    let run = |command: &mut Command| {
        let done = command.stdin(Stdio::null()).status();
        assert!(
            done.as_ref().is_ok_and(std::process::ExitStatus::success),
            "{command:?}: {done:?}: these tests need python3 with venv; `cargo xtask test` installs it"
        );
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&home));
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"])
        .current_dir(SOURCES));
    fs::write(&ready, requirements).unwrap();
    python
}

/// A mail server that runs until it is dropped.
pub(crate) struct MailServer {
    process: Child,
    mails: mpsc::Receiver<String>,
    pub(crate) port: u16,
    /// The authority that its certificate is of.
    pub(crate) ca_file: PathBuf,
    _stdin: ChildStdin,
    _directory: TempDir,
}

/// A mail as the server has taken it.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) sender: String,
    pub(crate) recipients: Vec<String>,
    pub(crate) options: Vec<String>,
    pub(crate) encrypted: bool,
    pub(crate) user: Option<String>,
    /// What the client calls itself.
    pub(crate) name: String,
    pub(crate) connection: u64,
    pub(crate) raw: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Taken {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub(crate) fn subject(&self) -> &str {
        self.header("Subject")
    }

    /// Reads what the server says, and asserts that Python's parser found nothing wrong.
    fn read(line: &str) -> Self {
        let said: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let texts = |value: &Value| value.as_array().unwrap().iter().map(text).collect::<Vec<_>>();
        assert_eq!(said["defects"], json!([]), "{line}");
        assert_eq!(said["type"], "multipart/alternative");
        let pairs = said["headers"].as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1])));
        let headers: BTreeMap<_, _> = pairs.collect();
        assert_eq!(headers.len(), said["headers"].as_array().unwrap().len(), "each header is there once: {line}");
        let [plain, html] = said["parts"].as_array().unwrap().as_slice() else { panic!("not two parts: {line}") };
        assert_eq!((&plain[0], &html[0]), (&json!("text/plain"), &json!("text/html")));
        Self {
            sender: text(&said["sender"]),
            recipients: texts(&said["recipients"]),
            options: texts(&said["options"]),
            encrypted: said["encrypted"].as_bool().unwrap(),
            user: said["user"].as_str().map(str::to_owned),
            name: text(&said["name"]),
            connection: said["connection"].as_u64().unwrap(),
            raw: text(&said["raw"]),
            headers,
            // Lines of mails end in two characters.
            text: text(&plain[1]).replace("\r\n", "\n"),
            html: text(&html[1]),
        }
    }
}

impl MailServer {
    /// One that takes everything, in the clear.
    pub(crate) fn start() -> Self {
        Self::start_with(json!({ "tls": "none" }))
    }

    /// With the options of `server.py`.
    pub(crate) fn start_with(mut options: Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let ca_file = certificates(directory.path());
        options["certificate"] = json!(path("server.pem"));
        options["key"] = json!(path("server.key"));
        let mut process = Command::new(python())
            .arg(Path::new(SOURCES).join("server.py"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, mails) = mpsc::channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| _ = sender.send(line)));
        let port = mails.recv_timeout(Duration::from_mins(1)).expect("the server says its port").parse().unwrap();
        Self { process, mails, port, ca_file, _stdin: stdin, _directory: directory }
    }

    /// The next mail that it took, which must be there.
    #[track_caller]
    pub(crate) fn taken(&self) -> Taken {
        self.taken_within(Duration::from_secs(10))
    }

    /// The next mail that it took, which must be there in so much time.
    #[track_caller]
    pub(crate) fn taken_within(&self, time: Duration) -> Taken {
        Taken::read(&self.mails.recv_timeout(time).expect("a mail is taken"))
    }

    /// Everything that it took and that was not asked for yet. It says so before its client knows.
    #[track_caller]
    pub(crate) fn all_taken(&self) -> Vec<Taken> {
        // What it has said may still be on its way.
        thread::sleep(Duration::from_millis(50));
        self.mails.try_iter().map(|line| Taken::read(&line)).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authority, and a certificate of it for this machine.
fn certificates(directory: &Path) -> PathBuf {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(vec![]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    fs::write(directory.join("server.pem"), certificate.pem()).unwrap();
    fs::write(directory.join("server.key"), key.serialize_pem()).unwrap();
    let ca_file = directory.join("ca.pem");
    fs::write(&ca_file, ca_pem).unwrap();
    ca_file
}
