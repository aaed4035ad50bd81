use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// No more than this is copied.
const OCTETS_MAX: usize = 2048;

pin_project! {
    /// A connection that is given small answers in one piece.
    ///
    /// hyper hands over a head and a body as two pieces, which is right for a large body: nothing is copied. But the system takes one
    /// piece in less time than two, and for what is small the copy costs less than that. hyper could copy by itself (`writev(false)`);
    /// but then each connection keeps a buffer as large as its largest answer.
    pub(super) struct OnePiece<S> {
        #[pin]
        stream: S,
    }
}

impl<S> OnePiece<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream }
    }
}

impl<S: AsyncRead> AsyncRead for OnePiece<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_read(context, buffer)
    }
}

impl<S: AsyncWrite> AsyncWrite for OnePiece<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write(context, octets)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = self.project().stream;
        if let [piece] = pieces {
            return stream.poll_write(context, piece);
        }
        let mut one = [0; OCTETS_MAX];
        let mut octets = 0;
        for piece in pieces {
            let Some(place) = one.get_mut(octets..octets + piece.len()) else {
                return stream.poll_write_vectored(context, pieces);
            };
            place.copy_from_slice(piece);
            octets += piece.len();
        }
        stream.poll_write(context, &one[..octets])
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Counts how it is written to, and takes so many octets at once.
    struct Stream {
        written: Vec<u8>,
        at_once: usize,
        in_one_piece: usize,
        in_pieces: usize,
    }

    impl AsyncRead for Stream {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            buffer.put_slice(b"read");
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Stream {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
            self.in_one_piece += 1;
            let taken = octets.len().min(self.at_once);
            self.written.extend(&octets[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            pieces: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.in_pieces += 1;
            let octets: Vec<u8> = pieces.iter().flat_map(|piece| piece.iter().copied()).collect();
            let taken = octets.len().min(self.at_once);
            self.written.extend(&octets[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn is_write_vectored(&self) -> bool {
            true
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn what_is_small_goes_out_in_one_piece_and_all_of_it_goes_out() {
        for (lengths, in_one_piece) in [
            (vec![1, OCTETS_MAX - 1], true),
            (vec![700, 0, 700], true),
            (vec![OCTETS_MAX * 3], true),
            (vec![], true),
            (vec![1, OCTETS_MAX], false),
            (vec![OCTETS_MAX, 0, 1], false),
        ] {
            for at_once in [usize::MAX, 1] {
                let stream = Stream { written: vec![], at_once, in_one_piece: 0, in_pieces: 0 };
                let mut one_piece = std::pin::pin!(OnePiece::new(stream));
                let octets: Vec<Vec<u8>> = (1..).zip(&lengths).map(|(piece, length)| vec![piece; *length]).collect();
                let pieces: Vec<_> = octets.iter().map(|piece| IoSlice::new(piece)).collect();
                let all = octets.concat();
                let taken = one_piece.write_vectored(&pieces).await.unwrap();
                assert_eq!(taken, all.len().min(at_once), "{lengths:?}");
                let stream = &one_piece.stream;
                assert_eq!(stream.written, all[..taken], "{lengths:?}");
                assert_eq!(
                    (stream.in_one_piece == 1, stream.in_pieces == 1),
                    (in_one_piece, !in_one_piece),
                    "{lengths:?}"
                );
            }
        }
    }

    #[tokio::test]
    async fn all_else_is_the_streams_own() {
        let stream = Stream { written: vec![], at_once: usize::MAX, in_one_piece: 0, in_pieces: 0 };
        let mut one_piece = std::pin::pin!(OnePiece::new(stream));
        let mut read = [0; 4];
        one_piece.read_exact(&mut read).await.unwrap();
        one_piece.write_all(&[7; OCTETS_MAX * 2]).await.unwrap();
        one_piece.flush().await.unwrap();
        one_piece.shutdown().await.unwrap();
        assert_eq!((&read, one_piece.stream.written.len()), (b"read", OCTETS_MAX * 2));
        assert!(one_piece.is_write_vectored());
    }
}
