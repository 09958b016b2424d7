//! The Rust client at the workloads of `benchmarks/run`: the same server, rows and figures as the JVMs of the others.
//!
//! Takes the servers, the database, the table, the work, its size, and how many milliseconds to warm up and to measure.

use fluss::client::{EARLIEST_OFFSET, FlussConnection, FlussTable};
use fluss::config::Config;
use fluss::metadata::TablePath;
use fluss::row::{Datum, DataGetters, GenericRow, TimestampLtz};
use std::error::Error;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

const SYMBOLS: i64 = 500;
const FIRST_MILLIS: i64 = 1_700_000_000_000;
const PRICE: usize = 2;
const KEYS: i64 = 500_000;
const CHUNK: i64 = 100_000;

fn price(seq: i64) -> f64 {
    100.0 + (seq * 7_919 % 20_011) as f64 / 100.0
}

fn set<'a>(row: &mut GenericRow<'a>, seq: i64, symbols: &'a [String]) -> Outcome<()> {
    row.set_field(0, seq);
    row.set_field(1, symbols[(seq % SYMBOLS) as usize].as_str());
    row.set_field(PRICE, price(seq));
    row.set_field(3, (seq % 1_000) as i32);
    row.set_field(4, (seq & 1) == 0);
    row.set_field(5, Datum::from(TimestampLtz::new(FIRST_MILLIS + seq)));
    Ok(())
}

fn checksum(seq: i64, symbol: usize, price: f64, size: i32, buy: bool, time: i64) -> i64 {
    let rest = symbol as i64 + size as i64 + if buy { 1 } else { 2 };
    seq.wrapping_add(price.to_bits() as i64)
        .wrapping_add(time)
        .wrapping_add(rest)
}

fn checksum_of_row(row: &impl DataGetters) -> Outcome<i64> {
    Ok(checksum(
        row.get_long(0)?,
        row.get_string(1)?.len(),
        row.get_double(PRICE)?,
        row.get_int(3)?,
        row.get_boolean(4)?,
        row.get_timestamp_ltz(5, 3)?.get_epoch_millisecond(),
    ))
}

/// What reading all rows must come to.
fn expected(rows: i64, one_column: bool) -> i64 {
    (0..rows).fold(0i64, |sum, seq| {
        sum.wrapping_add(if one_column {
            price(seq).to_bits() as i64
        } else {
            checksum(
                seq,
                7,
                price(seq),
                (seq % 1_000) as i32,
                (seq & 1) == 0,
                FIRST_MILLIS + seq,
            )
        })
    })
}

async fn scan(table: &FlussTable<'_>, rows: i64, one_column: bool) -> Outcome<i64> {
    let whole = table.new_scan();
    let scanner = if one_column {
        whole.project(&[PRICE])?.create_log_scanner()?
    } else {
        whole.create_log_scanner()?
    };
    scanner.subscribe(0, EARLIEST_OFFSET).await?;
    let (mut sum, mut read) = (0i64, 0i64);
    let deadline = Instant::now() + Duration::from_secs(60);
    while read < rows {
        for record in scanner.poll(Duration::from_secs(5)).await? {
            sum = sum.wrapping_add(if one_column {
                record.row().get_double(0)?.to_bits() as i64
            } else {
                checksum_of_row(record.row())?
            });
            read += 1;
        }
        if Instant::now() > deadline {
            return Err(format!("{} rows did not come", rows - read).into());
        }
    }
    Ok(sum)
}

/// CPU time of the process.
fn cpu_ns() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let ns = |time: libc::timeval| time.tv_sec as f64 * 1e9 + time.tv_usec as f64 * 1e3;
    ns(usage.ru_utime) + ns(usage.ru_stime)
}

fn peak_rss_mib() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no VmHWM")?.parse::<f64>()? / 1024.0)
}

struct Bench<'a> {
    table: FlussTable<'a>,
    work: String,
    size: i64,
    expected: i64,
    symbols: &'a [String],
    next: i64,
    latencies: Vec<u64>,
}

impl<'a> Bench<'a> {
    async fn write(&mut self, keys: i64) -> Outcome<i64> {
        let mut row = GenericRow::new(6);
        if keys == 0 {
            let writer = self.table.new_append()?.create_writer()?;
            for seq in self.next..self.next + CHUNK {
                set(&mut row, seq, self.symbols)?;
                writer.append(&row)?;
            }
            writer.flush().await?;
        } else {
            let writer = self.table.new_upsert()?.create_writer()?;
            for seq in self.next..self.next + CHUNK {
                set(&mut row, seq, self.symbols)?;
                row.set_field(0, seq % keys);
                writer.upsert(&row)?;
            }
            writer.flush().await?;
        }
        self.next += CHUNK;
        Ok(CHUNK)
    }

    async fn append_and_wait(&mut self) -> Outcome<i64> {
        let writer = self.table.new_append()?.create_writer()?;
        let mut row = GenericRow::new(6);
        for _ in 0..10 {
            let start = Instant::now();
            set(&mut row, self.next, self.symbols)?;
            writer.append(&row)?.await?;
            self.latencies.push(start.elapsed().as_nanos() as u64);
            self.next += 1;
        }
        Ok(10)
    }

    async fn piece(&mut self) -> Outcome<i64> {
        match self.work.as_str() {
            "append" => self.write(0).await,
            "upsert" => self.write(KEYS).await,
            "append-wait" => self.append_and_wait().await,
            "scan" | "scan-column" => {
                let sum = scan(&self.table, self.size, self.work == "scan-column").await?;
                if sum != self.expected {
                    return Err(format!("read {sum} instead of {}", self.expected).into());
                }
                Ok(self.size)
            }
            other => Err(format!("unknown work {other}").into()),
        }
    }

    async fn repeat(&mut self, time: Duration) -> Outcome<i64> {
        let start = Instant::now();
        let mut count = 0;
        self.latencies.clear();
        while count == 0 || start.elapsed() < time {
            count += self.piece().await?;
        }
        Ok(count)
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().collect();
    let mut config = Config::default();
    // The first one is the tablet server.
    config.bootstrap_servers = args[1].clone();
    let connection = FlussConnection::new(config).await?;
    let symbols: Vec<String> = (0..SYMBOLS).map(|i| format!("SYM{}", 1_000 + i)).collect();
    let size: i64 = args[5].parse()?;
    let mut bench = Bench {
        table: connection.get_table(&TablePath::new(&args[2], &args[3])).await?,
        work: args[4].clone(),
        size,
        expected: if args[4].starts_with("scan") {
            expected(size, args[4] == "scan-column")
        } else {
            0
        },
        symbols: &symbols,
        next: 0,
        latencies: Vec::new(),
    };
    let warmed = bench.repeat(Duration::from_millis(args[6].parse()?)).await?;
    let (cpu, start) = (cpu_ns(), Instant::now());
    let count = bench.repeat(Duration::from_millis(args[7].parse()?)).await?;
    let (took, used) = (start.elapsed().as_secs_f64(), cpu_ns() - cpu);
    let mut figures = format!(
        "\"perSecond\":{},\"cpuNs\":{},\"peakRssMiB\":{},\"count\":{count},\"seconds\":{took},\"total\":{}",
        count as f64 / took,
        used / count as f64,
        peak_rss_mib()?,
        warmed + count
    );
    bench.latencies.sort_unstable();
    let samples = bench.latencies.len();
    for (name, part, least) in [("p50Us", 0.5, 1), ("p99Us", 0.99, 100), ("p999Us", 0.999, 1_000)] {
        if samples >= least {
            let ns = bench.latencies[(samples as f64 * part) as usize];
            figures += &format!(",\"{name}\":{}", ns as f64 / 1e3);
        }
    }
    println!("figures {{{figures}}}");
    Ok(())
}
