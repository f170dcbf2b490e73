//! Bodies of pipelines, an area of the language each: it is enough that this file compiles. No annotation stands here that
//! the same closures would not need in an iterator chain, except where annotating is what is tried.
//!
//! It is compiled code here; `cargo rustc -p thalweg-tests --test bodies --profile check -- --cfg rust_analyzer` checks
//! the same text against the typed surface.

#![allow(clippy::too_many_lines)] // A body per area, as long as there are words in it.

use std::borrow::Cow;

use thalweg::operator::{Aggregate, Combine, Overflow};
use thalweg::prelude::*;
use thalweg::record::View;
use thalweg::stream::Joined;
use thalweg::window::{Events, Out, WindowCx, WindowFunction};

#[record]
struct Bid {
    auction: u64,
    bidder: u64,
    price: u64,
    channel: String,
    url: String,
    date_time: Timestamp,
}

impl BidRef<'_> {
    fn is_large(self) -> bool {
        self.price > 10_000
    }
}

#[record]
struct Stats {
    region: String,
    start: Timestamp,
    n: u64,
    mean: f64,
}

#[record]
struct Order {
    id: u64,
    lines: Vec<Line>,
    note: Option<String>,
}

#[record]
struct Line {
    article: String,
    cents: u32,
}

#[record]
struct Impression {
    region_code: String,
    total_impressions: u32,
    at: Timestamp,
}

fn parse(line: &str) -> Result<u64, std::num::ParseIntError> {
    line.trim().parse()
}

#[pipeline]
fn stateless(prefix: String) {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let orders: Stream<Order> = source(collection(Vec::<Order>::new()));
    bids.map(|b| b.price * 100 / 85).sink(print());
    bids.map(|b| b).sink(print());
    bids.map(|b| b.into_owned()).sink(print());
    bids.map(|b| BidRef { price: b.price / 2, ..b }).filter(|b| b.is_large()).sink(print());
    bids.map(|BidRef { auction, url, .. }| (auction, url)).sink(print());
    bids.map(|b| BidWith {
        auction: b.auction,
        bidder: 0,
        price: b.price,
        channel: b.channel,
        url: format!("{prefix}{}", b.url),
        date_time: b.date_time + secs(1),
    })
    .filter(|b| b.url.ends_with('7') && !b.channel.is_empty())
    .sink(print());
    bids.map(|b| {
        if b.channel.is_empty() { Cow::Borrowed(b.url) } else { Cow::Owned(b.url.to_uppercase()) }
    })
    .map(|url| url.len() as u64)
    .sink(print());
    bids.map(|b| (b.auction, b.is_large().then_some(b.url)))
        .filter_map(|(auction, url)| Some((auction, url?)))
        .flat_map(|(auction, url)| url.split('/').map(move |part| (auction, part)))
        .inspect(|(auction, part)| eprintln!("{auction} {part}"))
        .sink(discard());
    bids.filter(BidRef::is_large).sink(discard());
    bids.flat_map(|b| [b.bidder, b.auction]).sink(discard());
    bids.flat_map(|b| (0..b.price % 3).map(move |i| (i, b))).sink(discard());
    bids.map(|b| vec![b.url, b.channel]).flat_map(|both| both).sink(discard());
    orders
        .flat_map(|o| o.lines.iter().map(move |line| (o.id, line)))
        .filter(|(_, line)| line.cents > 100)
        .map(|(id, line)| (id, line.article, f64::from(line.cents) / 100.0))
        .sink(print());
    orders.map(|o| o.note.map(str::len).unwrap_or_default() as u64).sink(print());
    orders.filter_map(|o| o.note).map(|note| note.trim()).sink(print());
    orders.map(|o| o.lines.iter().map(|line| u64::from(line.cents)).sum::<u64>()).sink(print());
    orders.map(|_| ()).sink(discard());
    bids.map(move |b| prefix.len() as u64 + b.price).sink(discard());
}

#[pipeline]
fn owned() {
    let lines: Stream<String> = source(collection(Vec::<String>::new()));
    let orders: Stream<Order> = source(collection(Vec::<Order>::new()));
    lines
        .owned()
        .map(|mut line| {
            line.push('!');
            line
        })
        .sink(print());
    lines.owned().flat_map(|line| vec![line.clone(), line]).sink(print());
    lines
        .owned()
        .try_map(|line| if line.is_empty() { Err("empty") } else { Ok(line) })
        .sink(print());
    orders
        .owned()
        .map(|mut order| {
            order.lines.sort_by_key(|line| line.cents);
            order
        })
        .filter(|order| !order.lines.is_empty())
        .sink(discard());
    orders.filter(|order| order.id > 3).owned().filter_map(|order| order.note).sink(print());
}

#[pipeline]
fn bindings() {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let more: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let lines: Stream<String> = source(collection(Vec::<String>::new()));
    let bids: Stream<Bid> = bids.union(more);
    let bids = bids.filter(|b| b.price > 0);
    let (large, small) = bids.partition(|b| b.is_large());
    let (large, _) = large.partition(|b| b.auction % 2 == 0);
    large.union(small).map(|b| b.price).sink(print());
    small.sink(discard());
    let lengths: Stream<u64> = lines.map(|line| line.len() as u64);
    lengths.union(bids.map(|b| b.price)).sink(print());
    let keyed: Keyed<u64, Bid> = bids.key_by(|b| b.auction);
    keyed.count().sink(print());
    keyed.max(|b| b.price).sink(print());
    keyed.filter(|b| b.price > 3).sink(discard());
    lines.union(bids.key_by(|b| b.auction).map(|b| b.url)).sink(print());
}

#[pipeline]
fn fallible() {
    let lines: Stream<String> = source(collection(Vec::<String>::new()));
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let bad = side();
    lines.try_map(|line| line.trim().parse::<u64>()).errors_to(bad).sink(print());
    lines.try_map(parse).name("parse").errors_to(bad).filter(|n| n > 3).sink(print());
    bad.map(|f| format!("{} {}: {}", f.operator, f.record, f.error)).sink(print());
    bad.filter(|f| f.error.contains("digit")).map(|f| f.into_owned()).sink(print());
    let unpriced = side();
    bids.try_filter_map(|b| match b.price {
        0 => Err("no price"),
        1..10 => Ok(None),
        price => Ok(Some((b.url, price))),
    })
    .errors_to(unpriced)
    .sink(print());
    unpriced.map(|failed| failed.record.url).union(bad.map(|failed| failed.record)).sink(print());
    bids.try_flat_map(|b| b.url.split_once('/').map(|(a, b)| [a, b]).ok_or("no slash"))
        .or_skip()
        .sink(print());
    let numbers = lines.try_map(|line| line.parse::<f64>());
    numbers.filter(|n| n.is_finite()).sink(print());
    lines.try_map(|line| Ok::<_, String>(line.len() as u32)).sink(print());
    let annotated: Side<Failed<String>> = side();
    annotated.map(|failed| failed.record.len() as u64).sink(print());
    lines.try_map(parse).errors_to(annotated).sink(discard());
    lines.union(lines.try_map(|line| line.strip_prefix('a').ok_or("b"))).sink(discard());
}

#[pipeline]
fn running() {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let words: Stream<String> = source(collection(Vec::<String>::new()));
    words.key_by(|w| w).count().map(|c| (c.key, c.value)).sink(print());
    words
        .key_by(|w| (w.len() as u64, w.chars().next()))
        .count()
        .filter(|c| c.value > 1)
        .sink(print());
    let keyed = bids.key_by(|b| b.auction);
    keyed.sum(|b| b.price).map(|c| c.value + c.key).sink(print());
    keyed.sum(|b| b.price as f32).map(|c| c.value.sqrt()).sink(print());
    keyed.wrapping_sum(|b| b.price).sink(print());
    keyed.avg(|b| b.price).map(|c| c.value.round()).sink(print());
    keyed.min(|b| b.url).map(|c| c.value.len() as u64).sink(print());
    keyed.max(|b| (b.price, b.date_time)).map(|c| c.value.0).sink(print());
    keyed.min_by(|b| b.price).map(|c| c.value.url).sink(print());
    keyed.max_by(|b| b.date_time).map(|c| c.value.bidder).sink(print());
    keyed.first().map(|c| c.value.date_time).sink(print());
    keyed.last().uid("latest").map(|c| c.value.date_time).sink(print());
    keyed.to_vec().flat_map(|c| c.value.iter().map(move |b| (c.key, b.price))).sink(print());
    keyed.count_distinct(|b| b.bidder).map(|c| c.value).sink(print());
    keyed.top(3, |b| b.price).map(|c| c.value.iter().map(|b| b.price).max()).sink(print());
    keyed.reduce(|a, b| if a.price > b.price { a } else { b }).map(|c| c.value.url).sink(print());
    keyed.reduce(|a, b| BidRef { price: a.price + b.price, ..b }).sink(print());
    keyed.fold(0u64, |n, _| n + 1).map(|c| c.value).sink(print());
    keyed
        .fold(Vec::new(), |mut seen: Vec<u64>, b| {
            seen.push(b.bidder);
            seen
        })
        .map(|c| c.value.len() as u64)
        .sink(print());
    keyed
        .aggregate(|w| (w.key(), w.count(), w.max(|b| b.price), w.last().url))
        .filter(|(_, n, ..)| n > 1)
        .sink(print());
}

/// The share of prices above a limit.
#[derive(Clone, Copy)]
struct Share {
    above: u64,
}

impl Aggregate for Share {
    type In = u64;
    type Acc = (u64, u64);
    type Out<'a> = f64;
    fn add(&self, acc: &mut (u64, u64), price: u64) -> Result<(), Overflow> {
        acc.0 += u64::from(price > self.above);
        acc.1 += 1;
        Ok(())
    }
    fn merge(&self, acc: &mut (u64, u64), other: View<'_, (u64, u64)>) -> Result<(), Overflow> {
        acc.0 += other.0;
        acc.1 += other.1;
        Ok(())
    }
    fn finish(&self, acc: &(u64, u64)) -> f64 {
        acc.0 as f64 / acc.1 as f64
    }
}

impl Combine for Share {}

#[pipeline]
fn windows(size: Span) {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let bids = bids
        .event_time(|b| b.date_time)
        .watermarks(bounded(secs(5)).idle_after(mins(1)).max_jump(days(1)));
    bids.map(|b| b.price).event_time(|p| Timestamp(p as i64)).watermarks(monotonic()).sink(print());
    let keyed = bids.key_by(|b| b.auction);
    let late = side();
    keyed.window(tumbling(size)).late_to(late).count().sink(print());
    late.map(|b| b.url).sink(print());
    keyed
        .window(tumbling(mins(5)).allowed_lateness(mins(1)).offset(-mins(1)))
        .sum(|b| b.price)
        .map(|w| (w.key, w.window.start, w.value))
        .sink(print());
    keyed.window(tumbling(mins(5))).wrapping_sum(|b| b.price as u8).sink(print());
    keyed.window(tumbling(mins(5))).avg(|b| b.price as f32).filter(|w| w.value > 0.5).sink(print());
    keyed.window(tumbling(mins(5))).min(|b| b.channel).map(|w| w.value.to_owned()).sink(print());
    keyed
        .window(tumbling(mins(5)))
        .max(|b| b.price)
        .filter(|w| w.window.contains(Timestamp(0)))
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .min_by(|b| (b.price, b.url))
        .map(|w| w.value.price)
        .sink(print());
    keyed.window(tumbling(mins(5))).max_by(|b| b.price as f64).map(|w| w.value.url).sink(print());
    keyed
        .window(tumbling(mins(5)))
        .first()
        .union(keyed.window(tumbling(mins(5))).last())
        .map(|w| w.value.url)
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .to_vec()
        .map(|w| w.value.iter().map(|b| b.price).sum::<u64>())
        .sink(print());
    keyed.window(tumbling(mins(5))).count_distinct(|b| (b.bidder, b.channel)).sink(print());
    keyed
        .window(tumbling(mins(5)))
        .top(2, |b| b.price)
        .flat_map(|w| w.value.iter().enumerate().map(move |(i, b)| (i as u64, w.key, b.url)))
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .reduce(|a, b| if b.price > a.price { b } else { a })
        .map(|w| w.value.url)
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .fold(String::new(), |mut all, b| {
            all.push_str(b.channel);
            all
        })
        .map(|w| w.value.len() as u64)
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .offset(mins(1))
        .allowed_lateness(mins(1))
        .uid("hot")
        .count()
        .name("hot items")
        .sink(print());
    keyed.window(sliding(mins(10), mins(1))).offset(secs(1)).avg(|b| b.price).sink(print());
    keyed.window(sliding(size, mins(1))).fold(0u64, |n, b| n + b.price).sink(print());
    keyed
        .window(session(mins(30)))
        .allowed_lateness(mins(1))
        .reduce(|a, b| if b.price > a.price { b } else { a })
        .sink(print());
    keyed
        .window(dynamic_session())
        .gap(|b| millis(b.price as i64 + 1))
        .aggregate(|w| (w.key(), w.window().size(), w.count()))
        .sink(print());
    // A second window over results of the first.
    keyed
        .window(tumbling(size))
        .count()
        .key_by(|w| w.window.start)
        .window(tumbling(size))
        .max_by(|w| w.value)
        .map(|w| (w.value.key, w.value.value))
        .sink(print());
    bids.processing_time().window_all(tumbling(secs(1))).count().map(|w| w.value).sink(print());
    bids.window_all(tumbling(secs(1))).top(3, |b| b.price).map(|w| w.window.end).sink(print());
}

#[pipeline]
fn aggregates(above: u64) {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let bids = bids.event_time(|x| x.date_time).watermarks(bounded(secs(5)));
    let keyed = bids.key_by(|b| b.channel);
    keyed
        .window(tumbling(mins(5)))
        .aggregate(|w| StatsWith {
            region: w.key(),
            start: w.window().start,
            n: w.count(),
            mean: w.sum(|b| b.price) as f64 / w.count() as f64,
        })
        .filter(|s| s.n > 1)
        .map(|s| s.region)
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .aggregate(|w| Stats {
            region: w.key().to_uppercase(),
            start: w.window().start,
            n: w.count_distinct(|b| b.bidder),
            mean: w.avg(|b| b.price),
        })
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .aggregate(|w| (w.first(), w.last(), w.min_by(|b| b.price)))
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .aggregate(|w| (w.key(), w.top(3, |b| b.price), w.to_vec()))
        .flat_map(|(key, top, all)| {
            let rest = all.len() - top.len();
            top.iter().map(move |b| (key, b.price, rest as u64))
        })
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .aggregate(|w| format!("{}: {:.2}", w.key(), w.with(Share { above }, |b| b.price)))
        .sink(print());
    keyed
        .window(tumbling(mins(5)))
        .aggregate(|w| {
            let spread = w.max(|b| b.price) - w.min(|b| b.price);
            let label = if spread > 100 { "wild" } else { "calm" };
            (label, spread, w.wrapping_sum(|b| b.price), w.max_by(|b| b.url).url)
        })
        .sink(print());
    bids.window_all(tumbling(hours(1)))
        .aggregate(|w| (w.key(), w.count()))
        .map(|((), n)| n)
        .sink(print());
}

#[pipeline]
fn exchanges() {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    bids.rebalance().buffer_timeout(millis(5)).map(|b| b.price).sink(print());
    bids.rescale().filter(|b| b.is_large()).name("large").sink(print());
    bids.broadcast().map(|b| b.price).sink(print());
    bids.global().map(|b| b.url).sink(print());
    bids.key_by(|b| b.url).sink(discard());
    bids.key_by(|b| (b.auction, b.channel)).count().map(|c| c.key.1).sink(print());
    bids.key_by(|b| format!("{}/{}", b.channel, b.auction))
        .count()
        .map(|c| c.key.len() as u64)
        .sink(print());
    bids.key_by(|b| b.date_time).count().sink(print());
    bids.key_by(|b| Some(b.channel)).count().map(|c| c.key.is_some()).sink(print());
    bids.key_by(|b| b).count().map(|c| c.key.url).sink(print());
}

#[pipeline]
fn connectors(input: String, output: String) {
    let bad = side();
    let bids: Stream<Bid> = source(files(&input).csv().nulls(["NA", ""]).errors_to(bad));
    bad.map(|f| format!("{}: {}", f.operator, f.error)).sink(print());
    bids.map(|b| b.price).sink(print());
    let text = source(files("data/*.log").text().or_skip());
    text.filter(|line| line.contains("ERROR")).sink(files(&output).text());
    source(files(&input).json::<Impression>()).map(|i| i.total_impressions).sink(print());
    source(collection([1u64, 2, 3])).map(|n| n * n).sink(print());
    source(collection(vec![("a".to_owned(), 1u64)]))
        .key_by(|(k, _)| k)
        .sum(|(_, n)| n)
        .sink(print());
    source(socket("127.0.0.1:9")).filter_map(|line| line.split(',').next()).sink(print());
    let (results, _) = collect();
    source(collection([Some(1.5f64), None])).filter_map(|x| x).sink(results);
}

#[pipeline]
fn captures(limit: u64) {
    let lines: Stream<String> = source(collection(Vec::<String>::new()));
    let seen = counter("lines_seen");
    let longest = gauge("longest_line");
    let lengths = histogram("line_lengths");
    let words = resource(|| std::fs::read_to_string("words.txt"));
    let greeting = async_resource(move || async move { Ok::<_, std::io::Error>(limit) });
    lines
        .inspect(move |line| {
            seen.inc();
            longest.set(line.len() as f64);
            lengths.record(line.len() as u64);
        })
        .filter(move |line| words.lines().any(|word| word == line))
        .map(move |line| line.len() as u64 + *greeting)
        .sink(print());
}

#[pipeline]
fn joins(limit: u64) {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let bids = bids.event_time(|b| b.date_time).watermarks(bounded(secs(5)));
    let impressions: Stream<Impression> = source(collection(Vec::<Impression>::new()));
    let impressions = impressions.event_time(|x| x.at).watermarks(monotonic());
    let late = side();
    let late_impressions: Side<Impression> = side();
    bids.join(bids)
        .on(|l| l.url, |r| r.url)
        .within(-mins(10)..=mins(0))
        .uid("pairs")
        .late_left_to(late)
        .map(|(l, r)| (l.url, r.price))
        .sink(print());
    late.map(|b| b.url).sink(print());
    bids.join(impressions)
        .on(|b| b.channel, |x| x.region_code)
        .window(sliding(mins(10), mins(1)))
        .offset(secs(30))
        .late_right_to(late_impressions)
        .name("matches")
        .parallelism(2)
        .filter(move |(b, x)| b.price > limit && x.total_impressions > 0)
        .map(|(b, _)| b)
        .key_by(|b| b.auction)
        .count()
        .sink(print());
    late_impressions.sink(print());
    let outer = bids
        .left_join(impressions.filter(|x| x.total_impressions > 3))
        .on(|b| (b.channel, b.auction), |x| (x.region_code, u64::from(x.total_impressions)))
        .window(session(mins(5)));
    outer.map(|(b, x)| (b.url, x.map(|x| x.total_impressions))).sink(print());
    outer.filter(|(_, x)| x.is_none()).map(|(b, _)| b).sink(discard());
    impressions
        .right_join(bids.key_by(|b| b.auction))
        .on(|x| x.region_code, |BidRef { channel, .. }| channel)
        .late_right_to(late)
        .as_of()
        .map(|(x, b)| (x.map(|x| x.at), b.date_time))
        .sink(print());
    let both: Joined<Bid, Bid, (Option<Bid>, Option<Bid>)> =
        bids.full_join(bids).on(|b| b.auction, |b| b.bidder).within(secs(0)..secs(1));
    both.filter(|(a, b)| a.is_some() != b.is_some()).sink(discard());
    bids.co_group(impressions)
        .on(|b| b.channel, |x| x.region_code)
        .window(tumbling(hours(1)))
        .allowed_lateness(mins(1))
        .apply(move |w, bids, impressions, out| {
            let total: u64 = impressions.iter().map(|x| u64::from(x.total_impressions)).sum();
            if let (Some(first), true) = (bids.first(), bids.len() as u64 > limit) {
                out.emit((w.key(), first.url, w.window().start, total));
            }
            for bid in bids {
                out.emit((bid.channel, bid.url, w.watermark(), bid.price));
            }
        })
        .filter(|(channel, ..)| !channel.is_empty())
        .map(|(channel, url, at, n)| format!("{channel} {url} {at} {n}"))
        .sink(print());
}

/// The programs of the language's own description.
#[pipeline]
fn examples(brokers: String) {
    let impressions: Stream<Impression> = source(collection(Vec::<Impression>::new()));
    let impressions = impressions.event_time(|x| x.at).watermarks(bounded(secs(5)));
    let lines = source(files(&brokers).text());
    lines
        .map(|line| line.to_uppercase())
        .filter(|line| line.contains("ERROR"))
        .sink(files("errors").text());
    impressions
        .key_by(|e| e.region_code)
        .window(tumbling(mins(5)))
        .sum(|e| e.total_impressions)
        .map(|w| (w.key, w.window.start, w.value))
        .sink(files("sums").csv());
}

#[record]
#[derive(Default)]
struct Auction {
    bids: u64,
    best: u64,
    last: String,
    bidders: MapState<u64, u64>,
    prices: ListState<u64>,
}

/// A process function that is a value.
struct Highest {
    above: u64,
    low: Side<u64>,
}

impl ProcessFunction for Highest {
    type Key = u64;
    type State = Auction;
    type In = Bid;
    type Out = Bid;

    fn on_event(
        &self,
        auction: &mut Auction,
        bid: View<'_, Bid>,
        cx: &mut ProcessContext<'_, u64, Bid>,
    ) {
        if bid.price <= self.above {
            cx.emit_to(self.low, bid.price);
        } else if bid.price > auction.best {
            auction.best = bid.price;
            cx.emit(bid);
        }
    }
}

#[pipeline]
fn processes(above: u64) {
    let (low, odd) = (above, side());
    let bids =
        source(collection(Vec::<Bid>::new())).event_time(|b| b.date_time).watermarks(monotonic());
    let keyed = bids.key_by(|b| b.auction);
    keyed
        .process(Auction::default)
        .on_event(|auction, b, cx| {
            auction.bids += 1;
            *auction.bidders.entry(b.bidder) += 1;
            auction.prices.push(b.price);
            if b.price > low && cx.rng().below(10) > 0 {
                b.url.clone_into(&mut auction.last);
                cx.emit((auction.bids, b.url));
            } else {
                cx.emit((0u64, auction.last.as_str()));
            }
            cx.timer_after(mins(1));
            cx.processing_timer_at(cx.processing_time() + secs(1));
            cx.cancel(cx.watermark());
        })
        .on_timer(|auction, at, cx| {
            for price in auction.prices.iter() {
                cx.emit_to(odd, (cx.key(), at, price));
            }
            cx.clear();
        })
        .on_end(|auction, cx| cx.emit((auction.bids, "end")))
        .ttl(event_time(hours(1)))
        .uid("auctions")
        .filter(|(n, url)| n > 3 && url.ends_with('7'))
        .sink(print());
    let highest = side();
    let best: Stream<Bid> = keyed.process(Highest { above, low: highest });
    best.map(|bid| bid.price).union(highest).sink(print());
    odd.map(|(key, _, price)| (key, price)).sink(print());
    keyed.dedup().ttl(hours(1)).map(|b| b.url).sink(print());
    keyed.count().ttl(hours(1)).filter(|c| c.value > 1).sink(print());
    bids.process(|| ())
        .on_event(|_, b, cx| {
            cx.emit(b.url);
            cx.emit(b.channel);
        })
        .sink(print());
}

#[pipeline]
fn connections() {
    let bids =
        source(collection(Vec::<Bid>::new())).event_time(|b| b.date_time).watermarks(monotonic());
    let orders = source(collection(Vec::<Order>::new()))
        .event_time(|_| Timestamp(0))
        .watermarks(monotonic());
    bids.key_by(|b| b.auction)
        .connect(orders.key_by(|o| o.id))
        .process(Auction::default)
        .on_left(|auction, b, cx| {
            auction.best = auction.best.max(b.price);
            cx.timer_after(secs(1));
        })
        .on_right(|auction, o, cx| cx.emit((o.id, auction.best)))
        .on_timer(|_, _, cx| cx.clear())
        .sink(print());
    bids.key_by(|b| b.auction)
        .connect(orders.broadcast_by(|o| o.id))
        .process(Auction::default)
        .on_event(|auction, b, cx| {
            auction.bids += 1;
            if let Some(order) = cx.broadcast().get(b.bidder) {
                cx.emit((cx.key(), order.id, auction.bids));
            }
        })
        .on_broadcast(|orders, order, cx| {
            orders.insert(cx.key(), order);
            cx.each_key(|_, auction| auction.bids = 0);
        })
        .sink(print());
}

#[pipeline]
fn futures_and_sketches() {
    let limit = 3_usize;
    let client = resource(|| Ok::<_, std::io::Error>(7_u64));
    let unknown = side();
    let silent = side();
    let timed = source(collection(Vec::<Bid>::new()))
        .event_time(|b| b.date_time)
        .punctuated(|b| (b.auction % 10 == 0).then_some(b.date_time));
    timed
        .partition_by(|b| b.auction)
        .async_map(
            |b| async move { if b.auction > *client { Ok(b.auction) } else { Err("small") } },
        )
        .unordered()
        .capacity(limit)
        .timeout(secs(5))
        .retry(exponential_backoff(3, millis(10), secs(1)))
        .cache(100, mins(1), |b| b.channel)
        .errors_to(unknown)
        .uid("lookup")
        .map(|(b, answer)| (b.channel, answer))
        .sink(print());
    unknown.map(|failed| failed.record.auction).sink(print());
    timed
        .async_map(async |b| b.channel.len() as u64)
        .ordered()
        .retry(fixed_delay(3, millis(10)))
        .or_skip()
        .filter(|(_, n)| n > 3)
        .sink(discard());
    timed
        .async_map(|BidRef { auction, .. }| async move { auction })
        .errors_to(silent)
        .sink(discard());
    silent.sink(discard());
    let by_channel = timed.key_by(|b| b.channel);
    by_channel.approx_count_distinct(|b| b.auction).sink(print());
    by_channel.quantile(0.5, |b| b.auction).sink(print());
    by_channel
        .window(tumbling(mins(1)))
        .aggregate(|w| {
            (w.key(), w.approx_count_distinct(|b| b.auction), w.quantile(0.99, |b| b.auction))
        })
        .sink(print());
    timed.window_all(tumbling(mins(1))).quantile(0.9, |b| b.auction).sink(print());
}

/// Numbers the firings of each key.
struct Numbered {
    alerts: Side<(u64, u64)>,
}

impl WindowFunction for Numbered {
    type Key = u64;
    type In = Bid;
    type Out = (u64, String);
    type KeyState = u64;
    type WindowState = ();

    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        bids: Events<'_, Bid>,
        out: &mut Out<'_, (u64, String)>,
    ) {
        *w.key_state() += 1;
        let n = *w.key_state();
        if let Some(last) = bids.last() {
            out.emit((n, last.url));
        }
        if n > 3 {
            w.emit_to(self.alerts, (w.key(), n));
        }
    }
}

#[pipeline]
fn elements(step: u64) {
    let bids: Stream<Bid> = source(collection(Vec::<Bid>::new()));
    let bids = bids.event_time(|b| b.date_time).watermarks(bounded(secs(5)));
    let keyed = bids.key_by(|b| b.auction);
    keyed.window(tumbling_count(10)).avg(|b| b.price).sink(print());
    keyed.window(sliding_count(10, 2)).aggregate(|w| (w.key(), w.max(|b| b.price))).sink(print());
    keyed
        .window(sliding_count(10, 2))
        .reduce(|a, b| if a.price > b.price { a } else { b })
        .sink(print());
    keyed
        .window(global_window())
        .trigger(trigger::purging(trigger::count(100)))
        .fold(0u64, |sum, b| sum + b.price)
        .sink(print());
    keyed
        .window(global_window())
        .delta_trigger(step, |old, new| new.price - old.price)
        .purging()
        .apply(|w, bids, out| {
            for b in bids.iter().rev().take(3) {
                out.emit((w.key(), w.window().start, b.url, b.price + step));
            }
        })
        .filter(|(key, _, url, _)| key > 3 && url.ends_with('7'))
        .sink(print());
    let late = side();
    let alerts = side();
    keyed
        .window(tumbling(mins(5)))
        .allowed_lateness(mins(1))
        .late_to(late)
        .trigger(trigger::early(secs(10)))
        .evictor(evictor::time(mins(1)).after())
        .process(Numbered { alerts })
        .map(|(n, url)| format!("{n} {url}"))
        .sink(print());
    late.map(|b| b.url).sink(print());
    alerts.filter(|(key, n)| key + n > 3).sink(print());
    keyed
        .window(session(mins(5)))
        .evictor(evictor::count(3))
        .aggregate(|w| (w.key(), w.count(), w.first().url))
        .sink(print());
    bids.window_all(dynamic_session())
        .gap(|b| secs(b.price as i64))
        .delta_evictor(step, |old, new| new.price - old.price)
        .apply(|w, bids, out| out.emit((w.watermark(), bids.len() as u64)))
        .sink(print());
}

#[test]
fn every_body_is_a_pipeline() {
    let pipelines = [
        stateless(),
        owned(),
        bindings(),
        fallible(),
        running(),
        windows(),
        aggregates(),
        exchanges(),
        connectors(),
        captures(),
        joins(),
        examples(),
        processes(),
        connections(),
        futures_and_sketches(),
        elements(),
    ];
    let names: Vec<_> = pipelines.iter().map(|pipeline| pipeline.name).collect();
    assert!(names.contains(&"windows"), "{names:?}");
}
