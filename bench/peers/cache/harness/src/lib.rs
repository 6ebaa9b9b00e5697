// SPDX-License-Identifier: MIT
//! The workloads of expiring_cache for caches written in Rust: what bench/cache/expiring_cache.bench.hpp does, asked
//! for as bench/support/peer_program.hpp says.
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::time::{Duration, Instant};
use std::{fs, thread};

pub trait Cache: Sync {
    fn new(capacity: u64, time_to_live: Option<Duration>) -> Self;
    fn get(&self, key: u64) -> Option<u64>;
    fn put(&self, key: u64, value: u64);
}

const BETWEEN_LOOKS: usize = 64;
const LAST_PUTS: u64 = 100;

struct Request {
    workload: String,
    threads: usize,
    time: Duration,
    capacity: u64,
    keys_file: String,
}

struct Answer {
    items: u64,
    seconds: f64,
    hit_ratio: f64,
}

/// Answers requests until standard input ends.
pub fn serve<C: Cache>() {
    let mut lines = io::stdin().lock().lines();
    while let Some(line) = lines.next() {
        let request = parse(&line.expect("standard input"));
        let mut go = || {
            say("ready");
            lines.next().expect("the word go").expect("standard input");
        };
        let answer = match request.workload.as_str() {
            "look_up" => look_up::<C>(&request, None, &mut go),
            "look_up_ttl" => look_up::<C>(&request, Some(Duration::from_secs(3600)), &mut go),
            "insert" => insert::<C>(&request, &mut go),
            other => panic!("there is no workload {other}"),
        };
        say(&format!(
            r#"{{"items":{},"seconds":{},"hit_ratio":{}}}"#,
            answer.items, answer.seconds, answer.hit_ratio
        ));
    }
}

fn say(line: &str) {
    let mut out = io::stdout();
    writeln!(out, "{line}").expect("standard output");
    out.flush().expect("standard output");
}

fn parse(line: &str) -> Request {
    let fields: Vec<&str> = line.splitn(5, ' ').collect();
    assert_eq!(fields.len(), 5, "a request has five fields: {line}");
    let number = |field: &str| field.parse::<u64>().unwrap_or_else(|_| panic!("not a number: {field}"));
    Request {
        workload: fields[0].to_string(),
        threads: number(fields[1]) as usize,
        time: Duration::from_nanos(number(fields[2])),
        capacity: number(fields[3]),
        keys_file: fields[4].to_string(),
    }
}

/// The keys that are asked for before the clock starts, and those of the workload.
fn read_keys(path: &str) -> (Vec<u64>, Vec<u64>) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut numbers = bytes.chunks_exact(8).map(|bytes| u64::from_ne_bytes(bytes.try_into().unwrap()));
    let first = numbers.next().expect("how many keys come first");
    let first = numbers.by_ref().take(first as usize).collect();
    (first, numbers.collect())
}

fn check(key: u64, value: u64) {
    assert_eq!(value, !key, "another key's value was found for {key}");
}

/// True if it was there. If not, it is put.
fn ask<C: Cache>(cache: &C, key: u64) -> bool {
    match cache.get(key) {
        Some(value) => {
            check(key, value);
            true
        }
        None => {
            cache.put(key, !key);
            false
        }
    }
}

/// Number `i` of a sequence in which every key is different.
fn new_key(i: u64) -> u64 {
    let product = (i + 1).wrapping_mul(0xd6e8feb86659fd93);
    product ^ product >> 32
}

/// Runs `work(thread, stop)` in every thread, and adds up what they return.
fn run_together<F>(request: &Request, go: &mut dyn FnMut(), work: F) -> (u64, u64, f64)
where
    F: Fn(usize, &AtomicBool) -> (u64, u64) + Sync,
{
    let stop = AtomicBool::new(false);
    let start = Barrier::new(request.threads + 1);
    thread::scope(|scope| {
        let (work, start, stop) = (&work, &start, &stop);
        let workers: Vec<_> = (0..request.threads)
            .map(|number| {
                scope.spawn(move || {
                    start.wait();
                    let (done, hits) = work(number, stop);
                    (done, hits, Instant::now())
                })
            })
            .collect();
        go();
        let began = Instant::now();
        start.wait();
        thread::sleep(request.time);
        stop.store(true, Ordering::Relaxed);
        let mut sum = (0, 0, 0.0);
        for worker in workers {
            let (done, hits, end) = worker.join().expect("a thread of the workload");
            sum = (sum.0 + done, sum.1 + hits, f64::max(sum.2, (end - began).as_secs_f64()));
        }
        sum
    })
}

fn look_up<C: Cache>(request: &Request, time_to_live: Option<Duration>, go: &mut dyn FnMut()) -> Answer {
    let (first, keys) = read_keys(&request.keys_file);
    let cache = C::new(request.capacity, time_to_live);
    for key in first {
        ask(&cache, key);
    }
    let (items, hits, seconds) = run_together(request, go, |number, stop| {
        let mut at = number * keys.len() / request.threads;
        let (mut done, mut hits) = (0, 0);
        while !stop.load(Ordering::Relaxed) {
            for _ in 0..BETWEEN_LOOKS {
                hits += u64::from(ask(&cache, keys[at]));
                at = if at + 1 == keys.len() { 0 } else { at + 1 };
            }
            done += BETWEEN_LOOKS as u64;
        }
        (done, hits)
    });
    Answer { items, seconds, hit_ratio: hits as f64 / items as f64 }
}

fn insert<C: Cache>(request: &Request, go: &mut dyn FnMut()) -> Answer {
    let cache = C::new(request.capacity, None);
    for i in 0..request.capacity {
        cache.put(new_key(i), !new_key(i));
    }
    let threads = request.threads as u64;
    let puts_of = |number: usize, i: u64| new_key(request.capacity + number as u64 + i * threads);
    let puts: Vec<_> = (0..threads).map(|_| std::sync::atomic::AtomicU64::new(0)).collect();
    let (items, _, seconds) = run_together(request, go, |number, stop| {
        let mut done = 0;
        while !stop.load(Ordering::Relaxed) {
            for _ in 0..BETWEEN_LOOKS {
                let key = puts_of(number, done);
                cache.put(key, !key);
                done += 1;
            }
        }
        puts[number].store(done, Ordering::Relaxed);
        (done, 0)
    });
    let (mut asked, mut found) = (0u64, 0u64);
    for (number, puts) in puts.iter().enumerate() {
        let puts = puts.load(Ordering::Relaxed);
        for i in puts.saturating_sub(LAST_PUTS)..puts {
            let key = puts_of(number, i);
            asked += 1;
            if let Some(value) = cache.get(key) {
                check(key, value);
                found += 1;
            }
        }
    }
    Answer { items, seconds, hit_ratio: found as f64 / asked as f64 }
}
