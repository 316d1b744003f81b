//! Requests over many connections at once, as fast as they are answered or at a fixed pace, and how long each took.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

/// What is asked of a server.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where it listens.
    pub address: SocketAddr,
    /// The requests as bytes, in turn.
    pub requests: Vec<Vec<u8>>,
    /// How many connections ask at once.
    pub connections: usize,
    /// How long each waits from one request to the next; `None`: until it is answered.
    pub pace: Option<Duration>,
}

/// How a server answered.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// How long each answer took, shortest first.
    pub latencies: Vec<Duration>,
    /// The bytes of all bodies.
    pub bytes: u64,
    /// How long it took altogether.
    pub elapsed: Duration,
}

impl Answered {
    /// How many answers there were in a second.
    pub fn rate(&self) -> f64 {
        crate::measured::rate(self.latencies.len(), self.elapsed)
    }

    /// How many bytes of bodies there were in a second.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub fn bytes_rate(&self) -> f64 {
        self.bytes as f64 / self.elapsed.as_secs_f64()
    }

    /// What all but one answer in a hundred took at most.
    pub fn p99(&self) -> Duration {
        let place = self.latencies.len() * 99 / 100;
        self.latencies.get(place).copied().unwrap_or_default()
    }
}

impl Load {
    /// Asks until the time is over. An answer other than 200 is an error.
    pub async fn run(&self, time: Duration) -> io::Result<Answered> {
        let begun = Instant::now();
        let mut asking = JoinSet::new();
        for connection in 0..self.connections {
            let load = self.clone();
            asking.spawn(async move { load.ask(connection, begun + time).await });
        }
        let mut all = Answered::default();
        while let Some(asked) = asking.join_next().await {
            let asked = asked.map_err(io::Error::other)??;
            all.latencies.extend(asked.latencies);
            all.bytes += asked.bytes;
        }
        all.elapsed = begun.elapsed();
        all.latencies.sort_unstable();
        Ok(all)
    }

    /// Asks the first of the requests once, over a connection of its own.
    pub async fn once(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = self.requests.first().ok_or(io::ErrorKind::InvalidInput)?;
        stream.write_all(request).await?;
        read(&mut stream, &mut vec![0; 256 * 1024]).await.map(drop)
    }

    async fn ask(self, connection: usize, until: Instant) -> io::Result<Answered> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut pace = self.pace.map(|pace| {
            let mut pace = interval(pace);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        });
        let mut buffer = vec![0; 256 * 1024];
        let mut answered = Answered::default();
        // Each connection begins elsewhere, so that they do not all ask the same.
        let first = connection * self.requests.len() / self.connections;
        for request in self.requests.iter().cycle().skip(first) {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            if Instant::now() >= until {
                break;
            }
            let sent = Instant::now();
            stream.write_all(request).await?;
            answered.bytes += read(&mut stream, &mut buffer).await?;
            answered.latencies.push(sent.elapsed());
        }
        Ok(answered)
    }
}

/// Reads an answer to its end, and gives the length of its body.
async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<u64> {
    let mut filled = 0;
    let (head, length) = loop {
        let free = buffer.get_mut(filled..).unwrap_or_default();
        let more = stream.read(free).await?;
        if more == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += more;
        if let Some(found) = head(buffer.get(..filled).unwrap_or_default())? {
            break found;
        }
    };
    let mut left = length.saturating_sub(u64::try_from(filled - head).unwrap_or(u64::MAX));
    while left > 0 {
        let more = stream.read(buffer).await?;
        if more == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left = left.saturating_sub(u64::try_from(more).unwrap_or(u64::MAX));
    }
    Ok(length)
}

/// How long the head of an answer is, and its body, once the head is there.
fn head(bytes: &[u8]) -> io::Result<Option<(usize, u64)>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    if !text.starts_with("HTTP/1.1 200 ") {
        return Err(io::Error::other(format!("not answered: {text}")));
    }
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length = length.ok_or_else(|| io::Error::other(format!("without a length: {text}")))?;
    Ok(Some((end + 4, length)))
}
