//! Bodies that are compressed: nothing is inflated, so nothing can blow up.

use std::time::{Duration, Instant};

use crate::{
    BODY_OCTETS_MAX, POSTS,
    common::{http::Request, program::Desk, seed},
    still_serves,
};

/// A gzip of ten mebibytes of zeros, ten kilobytes long: a member whose one block is a run of the same octet. Source: RFC 1951, RFC 1952.
fn bomb() -> Vec<u8> {
    let mut bits = Bits::default();
    // The last block, with fixed codes.
    bits.put(1, 1);
    bits.put(1, 2);
    // A zero, and then again and again the 258 octets before, at a distance of one.
    bits.put_code(0x30, 8);
    for _ in 0..(10 << 20) / 258 {
        bits.put_code(0b1100_0101, 8);
        bits.put_code(0, 5);
    }
    // The end.
    bits.put_code(0, 7);
    let mut octets = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    octets.extend(bits.octets);
    // The checksum and the length come to nothing here: nobody gets so far.
    octets.extend([0; 8]);
    octets
}

#[derive(Default)]
struct Bits {
    octets: Vec<u8>,
    used: u32,
}

impl Bits {
    /// A number, its lowest bit first.
    fn put(&mut self, value: u32, bits: u32) {
        for bit in 0..bits {
            if self.used.is_multiple_of(8) {
                self.octets.push(0);
            }
            if value >> bit & 1 == 1 {
                *self.octets.last_mut().unwrap() |= 1 << (self.used % 8);
            }
            self.used += 1;
        }
    }

    /// A code, its highest bit first.
    fn put_code(&mut self, code: u32, bits: u32) {
        for bit in (0..bits).rev() {
            self.put(code >> bit & 1, 1);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_compressed_is_refused_with_what_is_taken_and_never_inflated() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let bomb = bomb();
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    for (path, _) in POSTS {
        for coding in [
            "gzip",
            "x-gzip",
            "GZIP",
            "br",
            "deflate",
            "zstd",
            "compress",
            "identity, gzip",
            "gzip, gzip",
            "aes128gcm",
            "",
        ] {
            let began = Instant::now();
            let answer = client.ask(&Request::post(path, bomb.clone()).header("Content-Encoding", coding)).await;
            let problem = answer.problem(415, "unsupported-media-type");
            assert_eq!(
                problem["detail"], "Envíe el cuerpo sin comprimir, sin la cabecera Content-Encoding.",
                "{coding}"
            );
            assert_eq!(answer.header("accept-encoding"), Some("identity"));
            assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        }
        // The second of two headers counts as much as the first.
        let twice = Request::post(path, bomb.clone()).header("Content-Encoding", "identity");
        client.ask(&twice.header("Content-Encoding", "gzip")).await.problem(415, "unsupported-media-type");
        // Unannounced, it is no JSON.
        client.ask(&Request::post(path, bomb.clone())).await.problem(400, "malformed-json");
    }
    // As a coding of the transfer it is refused, too.
    let mut other = server.connect().await;
    let request = Request::new("POST", "/api/tickets/crear").header("Content-Type", "application/json");
    other.send(request.header("Transfer-Encoding", "gzip, chunked").body("0\r\n\r\n").octets()).await;
    assert_eq!(other.answer().await.status, 400);
    still_serves(&server).await;
}

/// What is answered is compressed for whoever wants it, and no more is made of that than the answer is.
#[tokio::test]
async fn whoever_wants_answers_in_any_coding_gets_one_that_there_is() {
    let desk = Desk::new();
    let server = desk.serve();
    for wanted in
        ["gzip", "gzip;q=0", "br", "*", "gzip, gzip, gzip", "\u{1f980}", "gzip;q=9999999999", &"gzip,".repeat(3_000)]
    {
        let mut client = server.connect().await;
        let request = Request::post("/api/tickets/crear", seed().to_string()).header("Accept-Encoding", wanted);
        let octets = request.octets();
        assert!(octets.len() < BODY_OCTETS_MAX);
        client.send(octets).await;
        let head = client.head_of_answer().await;
        assert_eq!(head.status, 200, "{head}");
    }
    still_serves(&server).await;
}
