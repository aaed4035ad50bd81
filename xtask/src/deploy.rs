//! `cargo xtask deploy`: whether the files in `deploy/` do what they say, held against the programs that read them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::process::{self, apt_get_install, succeeds};
use crate::server::Server;
use crate::tally::Tally;

/// Check the files in `deploy/`: the units with systemd-analyze, the alerts with promtool, and the proxies' settings with nginx and
/// Caddy in front of a real server. Installs with apt-get what is missing.
#[derive(clap::Args)]
pub(crate) struct Args {}

/// The most that `systemd-analyze security` may find exposed, in tenths: what it calls OK ends at 40.
const EXPOSURE_TENTHS_MAX: u32 = 20;
/// The name that the settings have for the site.
const SITE: &str = "ayuda.example.com";
/// Where the settings expect the server.
const UPSTREAM: &str = "127.0.0.1:8080";
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);

const EMAIL: &str = "raiz@example.com";
const PASSWORD: &str = "una contraseña de prueba";

pub(crate) fn run(_: &Args) -> Result<ExitCode> {
    let Tally { passed, .. } = check()?;
    println!("{passed} checks passed");
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// The first check that fails.
pub(crate) fn check() -> Result<Tally> {
    install()?;
    let dir = process::target_dir()?.join("deploy");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;

    process::run(Command::new("promtool").args(["check", "rules", "alerts.yml"]).current_dir(files()))?;
    process::run(Command::new("promtool").args(["test", "rules", "alerts.test.yml"]).current_dir(files()))?;

    // The limit is an address's own: whom a proxy names is seen by who runs into it.
    let settings = dir.join("ticketing.toml");
    let installed = fs::read_to_string(files().join("ticketing.toml"))?;
    fs::write(&settings, format!("{installed}\n[rate_limits]\naddress_per_minute = 1\naddress_burst = 8\n"))?;
    let settings = settings.to_str().context("the target directory's name is not UTF-8")?;
    let variables = [
        ("TICKETING_CONFIG", settings),
        ("TICKETING_RATE_LIMITS", "on"),
        ("TICKETING_ADMIN_EMAIL", EMAIL),
        ("TICKETING_ADMIN_PASSWORD", PASSWORD),
    ];
    let mut passed = 2;
    for start in [start_nginx, start_caddy] {
        // Each with a server of its own, whose limits nobody has used up.
        let database = dir.join("ticketing.db");
        let _ = fs::remove_file(&database);
        let server = Server::start(&database, &variables)?;
        let proxy = start(&dir, server.url.trim_start_matches("http://"))?;
        behind(&proxy, &server)?;
        names_exist(&server)?;
        passed += 1;
        if passed == 4 {
            units(&dir, server.program())?;
            back_up(&dir, &server, &database)?;
        }
    }
    // Units and backup.
    Ok((0..passed + 2).fold(Tally::default(), |sum, _| sum + Tally::ONE_PASSED))
}

fn files() -> PathBuf {
    process::root().join("deploy")
}

fn install() -> Result<()> {
    let wanted = [
        ("nginx", "-v", "nginx-light"),
        ("caddy", "version", "caddy"),
        ("promtool", "--version", "prometheus"),
        ("systemd-analyze", "--version", "systemd"),
        ("curl", "--version", "curl"),
        ("openssl", "version", "openssl"),
    ];
    let is_missing = |(program, argument, _): &(&str, &str, &str)| !succeeds(Command::new(program).arg(argument));
    let missing: Vec<_> = wanted.iter().filter(|one| is_missing(one)).map(|(.., package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { apt_get_install(&missing) }
}

/// The units, with the program that was built in the place of the one that is installed.
fn units(dir: &Path, program: &Path) -> Result<()> {
    let program = program.to_str().context("the target directory's name is not UTF-8")?;
    let names = ["ticketing.service", "ticketing-backup.service", "ticketing-backup.timer"];
    for name in names {
        let unit = fs::read_to_string(files().join(name))?.replace("/usr/local/bin/ticketing-server", program);
        fs::write(dir.join(name), unit)?;
    }
    let paths = names.map(|name| dir.join(name));
    // What it does not know is told and passes: here it does not.
    let told = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output()?;
    let complaints = String::from_utf8_lossy(&told.stderr);
    ensure!(told.status.success() && complaints.trim().is_empty(), "systemd-analyze verify: {complaints}");
    for service in &paths[..2] {
        let mut security = Command::new("systemd-analyze");
        security.args(["security", "--offline=true", "--no-pager"]).arg(format!("--threshold={EXPOSURE_TENTHS_MAX}"));
        process::output(security.arg(service))?;
    }
    Ok(())
}

/// What the backup's unit runs, beside a running server: there is a new file, and one of three weeks ago is gone.
fn back_up(dir: &Path, server: &Server, database: &Path) -> Result<()> {
    let unit = fs::read_to_string(files().join("ticketing-backup.service"))?;
    let backups = dir.join("backups");
    fs::create_dir_all(&backups)?;
    let old = backups.join("ticketing-2026-01-01T000000Z.db");
    process::output(Command::new("touch").args(["--date", "21 days ago"]).arg(&old))?;
    for key in ["ExecStart=", "ExecStartPost="] {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)).with_context(|| format!("no {key}"))?;
        let line = replaced(line, &[("/var/lib/ticketing-backups", &backups.display().to_string())])?;
        // As systemd reads it.
        let line = line.replace("%%", "%").replace("$$", "$");
        let line = line.replace("/usr/local/bin/ticketing-server", &server.program().display().to_string());
        // A shell would take the pattern for files of its own.
        let line = line.replace("-name ticketing-*.db", "-name 'ticketing-*.db'");
        process::run(Command::new("sh").args(["-c", &line]).env("TICKETING_DATABASE", database))?;
    }
    let kept: Vec<_> = fs::read_dir(&backups)?.collect::<Result<_, _>>()?;
    ensure!(kept.len() == 1 && !old.exists(), "after a backup there are {} files", kept.len());
    Ok(())
}

/// Whatever is said of `/metrics`, in the alerts and on the page, is there.
fn names_exist(server: &Server) -> Result<()> {
    let told = curl(&[&format!("{}/metrics", server.url)])?.body;
    for file in [files().join("alerts.yml"), process::root().join("docs/operations.md")] {
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        // The crate's name, by which the log's lines are chosen, is none.
        for name in words.filter(|word| word.starts_with("ticketing_") && *word != "ticketing_server") {
            let is_told =
                told.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
            ensure!(is_told, "{}: /metrics has no {name}", file.display());
        }
    }
    Ok(())
}

/// A proxy in front of a server. It ends with this value.
struct Proxy {
    name: &'static str,
    url: String,
    child: Child,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx's master ends its workers only when it is asked to.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn start_nginx(dir: &Path, server: &str) -> Result<Proxy> {
    let (https, http) = (free_port()?, free_port()?);
    let [key, certificate, conf] = ["key.pem", "certificate.pem", "nginx.conf"].map(|name| dir.join(name));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=ayuda.example.com", "-keyout"]).arg(&key).arg("-out").arg(&certificate);
    process::output(openssl.stderr(Stdio::null()))?;
    let site = replaced(
        &fs::read_to_string(files().join("nginx.conf"))?,
        &[
            (UPSTREAM, server),
            ("listen 443 ssl", &format!("listen 127.0.0.1:{https} ssl")),
            ("listen 80;", &format!("listen 127.0.0.1:{http};")),
            ("/etc/letsencrypt/live/ayuda.example.com/fullchain.pem", &certificate.display().to_string()),
            ("/etc/letsencrypt/live/ayuda.example.com/privkey.pem", &key.display().to_string()),
        ],
    )?;
    let dir = dir.display();
    let around = format!(
        "daemon off; pid {dir}/nginx.pid; error_log stderr warn;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;\n\
         uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;\n{site}}}\n"
    );
    fs::write(&conf, around)?;
    let mut nginx = Command::new("nginx");
    nginx.args(["-e", "stderr", "-c"]).arg(&conf);
    let proxy = Proxy::start("nginx", &mut nginx, format!("https://127.0.0.1:{https}"))?;
    let plain = curl(&["--header", &format!("Host: {SITE}"), &format!("http://127.0.0.1:{http}/consulta")])?;
    ensure!(plain.status == 301 && plain.head.contains(&format!("https://{SITE}/consulta")), "nginx: {}", plain.head);
    Ok(proxy)
}

fn start_caddy(dir: &Path, server: &str) -> Result<Proxy> {
    let (port, conf) = (free_port()?, dir.join("Caddyfile"));
    let site = fs::read_to_string(files().join("Caddyfile"))?;
    process::output(Command::new("caddy").args(["fmt", "--overwrite"]).arg({
        fs::write(&conf, &site)?;
        &conf
    }))?;
    ensure!(fs::read_to_string(&conf)? == site, "the Caddyfile is not as `caddy fmt` writes it");
    // Without a certificate, for which it would ask others.
    let site = replaced(&site, &[(UPSTREAM, server), (&format!("{SITE} {{"), &format!("http://127.0.0.1:{port} {{"))])?;
    fs::write(&conf, format!("{{\n\tadmin off\n}}\n{site}"))?;
    let mut caddy = Command::new("caddy");
    caddy
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&conf)
        .env("XDG_DATA_HOME", dir)
        .env("XDG_CONFIG_HOME", dir);
    Proxy::start("Caddy", caddy.env("HOME", dir), format!("http://127.0.0.1:{port}"))
}

impl Proxy {
    fn start(name: &'static str, command: &mut Command, url: String) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().with_context(|| name.to_owned())?;
        let mut proxy = Self { name, url, child };
        let began = Instant::now();
        while curl(&[&format!("{}/livez", proxy.url)]).is_err() {
            ensure!(began.elapsed() < PATIENCE, "{name} does not answer");
            if let Some(status) = proxy.child.try_wait()? {
                bail!("{name} ended with {status}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(proxy)
    }
}

/// Each of these must be there: what is tested is the file, not what was written for the test.
fn replaced(text: &str, replacements: &[(&str, &str)]) -> Result<String> {
    replacements.iter().try_fold(text.to_owned(), |text, (from, to)| {
        ensure!(text.contains(from), "“{from}” is not in the settings any more");
        Ok(text.replace(from, to))
    })
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// What a proxy must pass on, and what it must not.
fn behind(proxy: &Proxy, server: &Server) -> Result<()> {
    let at = |path: &str| format!("{}{path}", proxy.url);
    let name = proxy.name;
    let page = curl(&[&at("/solicitud")])?;
    ensure!(page.status == 200 && page.body.contains("<form"), "{name}: a page is {}", page.head);
    ensure!(page.head.to_lowercase().contains("strict-transport-security:"), "{name}: {}", page.head);
    ensure!(page.head.to_lowercase().contains("x-request-id:"), "{name}: {}", page.head);
    for path in ["/metrics", "/readyz"] {
        ensure!(curl(&[&at(path)])?.status == 404, "{name}: everybody reads {path}");
    }

    // More than the server takes: refused in the API's form, whoever does it.
    let large = process::target_dir()?.join("deploy/large.json");
    fs::write(&large, format!("{{\"descripcion\":\"{}\"}}", "x".repeat(3 << 19)))?;
    let json_type = "Content-Type: application/json";
    let refused =
        curl(&["--header", json_type, "--data-binary", &format!("@{}", large.display()), &at("/api/tickets/crear")])?;
    ensure!(refused.status == 413 && refused.head.contains("problem+json"), "{name}: {}", refused.head);

    // From another address than what runs into limits below.
    let login = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    let login = curl(&["--interface", "127.0.0.2", "--header", json_type, "--data", &login, &at("/api/auth/login")])?;
    let login: serde_json::Value = serde_json::from_str(&login.body).with_context(|| login.head.clone())?;
    let token = login["access_token"].as_str().context("nobody is logged in")?;
    streams(proxy, token)?;

    // What a client says of itself is not believed; what the proxy sees is.
    let look_up = |from: &str, forwarded: &str| {
        let body = json!({ "label": "TKT-2026-1", "email": "nadie@example.com" }).to_string();
        let forwarded = format!("X-Forwarded-For: {forwarded}");
        let from = ["--interface", from, "--header", &forwarded, "--header", json_type, "--data", &body];
        curl(&[&from[..], &[&at("/api/tickets/consultar")]].concat())
    };
    let statuses: Vec<_> =
        (0..12).map(|hop| Ok(look_up("127.0.0.3", &format!("198.51.100.{hop}"))?.status)).collect::<Result<_>>()?;
    ensure!(
        statuses.first() == Some(&404) && statuses.last() == Some(&429),
        "{name}: one client's answers are {statuses:?}"
    );
    let other = look_up("127.0.0.4", "198.51.100.1")?.status;
    ensure!(other == 404, "{name}: another client is answered {other}");

    ensure!(curl(&[&format!("{}/readyz", server.url)])?.status == 200, "the server is not ready any more");
    println!("{name} passes on what it must: pages, streams, clients' addresses, refusals; /metrics stays inside");
    Ok(())
}

/// What happens arrives while the answer goes on: nothing between collects it first.
fn streams(proxy: &Proxy, token: &str) -> Result<()> {
    let mut curl = curl_command();
    curl.args([
        "--no-buffer",
        "--header",
        &format!("Authorization: Bearer {token}"),
        &format!("{}/api/eventos", proxy.url),
    ]);
    let mut stream = curl.stdout(Stdio::piped()).spawn().context("curl")?;
    let lines = lines_of(&mut stream)?;
    let told = (|| {
        wait_for(&lines, "event: inicio").with_context(|| format!("{}: the stream does not begin", proxy.name))?;
        let form = json!({
            "nombre": "Ana García", "email": "ana@example.com", "tipo": "INCIDENTE", "categoria": "Sistemas",
            "descripcion": "No puedo iniciar sesión en Outlook.", "prioridad": "ALTA",
        });
        let url = format!("{}/api/tickets/crear", proxy.url);
        let json_type = "Content-Type: application/json";
        let created =
            self::curl(&["--interface", "127.0.0.2", "--header", json_type, "--data", &form.to_string(), &url])?;
        ensure!(created.status == 200, "{}: a creation is {}", proxy.name, created.head);
        wait_for(&lines, "CREACION").with_context(|| format!("{}: the event does not arrive", proxy.name))
    })();
    let _ = stream.kill();
    let _ = stream.wait();
    told
}

fn lines_of(child: &mut Child) -> Result<Receiver<String>> {
    let output = child.stdout.take().context("the output of curl")?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody waits for more any longer.
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(lines)
}

fn wait_for(lines: &Receiver<String>, wanted: &str) -> Result<()> {
    // The server says something every 15 seconds: a proxy that collects it first would not pass on so little.
    let until = Instant::now() + PATIENCE;
    loop {
        let line = lines.recv_timeout(until.saturating_duration_since(Instant::now()))?;
        if line.contains(wanted) {
            return Ok(());
        }
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

fn curl_command() -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--insecure"]);
    curl
}

/// One request; an answer of any status is one.
fn curl(args: &[&str]) -> Result<Answer> {
    let mut curl = curl_command();
    curl.args(["--include", "--http1.1", "--max-time", "10", "--header", "Expect:"]).args(args).stderr(Stdio::null());
    let text = process::output(&mut curl)?.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").context("an answer without a body")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without a status")?;
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
