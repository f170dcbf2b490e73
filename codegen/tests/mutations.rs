//! The compiler answers any text: it is fed pipelines with tokens deleted, doubled, swapped and replaced.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use thalweg_codegen::passes::Options;
use thalweg_codegen::pipeline::{compile, compile_fragment};

const PIPELINES: &[&str] = &[
    "fn job(#[arg(default = 3)] least: u64, verbose: bool) -> thalweg::Result {
        let (late, bad) = (side(), 3);
        let bad: Side<Failed<String>> = side();
        let bids: Stream<Bid> = source(files(path).text()).try_map(|l| l.parse::<Bid>()).errors_to(bad);
        let (dear, _) = bids.filter(|b| b.price > least).partition(|b| b.price > 10 * least);
        if verbose { dear.sink(print()); } else if !verbose { bad.sink(print()); }
        for x in 0..3 { println!(\"{x}\"); }
        Ok(())
    }",
    "pub fn job() {
        let late = side();
        let keyed = source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5))).key_by(|b| b.auction);
        keyed.window(tumbling(mins(5))).offset(secs(1)).allowed_lateness(secs(3)).late_to(late)
            .aggregate(|w| Stats { key: w.key(), n: w.count(), top: w.top(3, |b| b.price) })
            .uid(\"hot\").name(\"x\").parallelism(2).sink(print());
        late.union(keyed).rebalance().owned().map(|b| b).flat_map(|b| [b, b]).sink(discard());
        keyed.fold(0u64, |n, b| n + b.price).inspect(|c| log(c)).sink(print());
    }",
    "pub fn clean(lines: Stream<String>, bad: Side<Failed<String>>, least: usize) -> Stream<u64> {
        let more = lines.filter(|l| l.len() > least);
        more.try_map(|l| l.parse::<u64>()).errors_to(bad)
    }",
];

/// A small generator: the same mutations on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("below a usize")
    }
}

/// Applies one mutation somewhere in the tree.
fn mutate(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return TokenStream::new();
    }
    let at = random.below(tokens.len());
    if let TokenTree::Group(group) = &tokens[at]
        && random.below(5) != 0
    {
        let delimiter = match random.below(30) {
            0 => Delimiter::Brace,
            1 => Delimiter::None,
            _ => group.delimiter(),
        };
        tokens[at] = Group::new(delimiter, mutate(group.stream(), random)).into();
        return tokens.into_iter().collect();
    }
    let other = random.below(tokens.len());
    match random.below(4) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(other, tokens[at].clone()),
        2 => tokens.swap(at, other),
        _ => tokens[at] = tokens[other].clone(),
    }
    tokens.into_iter().collect()
}

#[test]
fn no_text_panics() {
    let mut random = Random(0x5eed);
    let mut accepted = 0;
    for pipeline in PIPELINES {
        let whole: TokenStream = pipeline.parse().expect("tokens");
        for _ in 0..1_000 {
            let mut tokens = whole.clone();
            for _ in 0..=random.below(3) {
                tokens = mutate(tokens, &mut random);
            }
            let text = tokens.to_string();
            let answered = std::panic::catch_unwind(|| {
                compile(TokenStream::new(), tokens.clone(), Options::default());
                compile_fragment(tokens, Options::default()).to_string()
            });
            let answer = answered.unwrap_or_else(|_| panic!("panicked on: {text}"));
            accepted += usize::from(!answer.contains("compile_error"));
        }
    }
    assert!(accepted > 30, "most mutations are nonsense, but some are fragments: {accepted}");
}

#[test]
fn no_attribute_panics() {
    let item: TokenStream = PIPELINES[1].parse().expect("tokens");
    let whole: TokenStream =
        "name = \"x\", prune = false, preaggregate = true".parse().expect("tokens");
    let mut random = Random(7);
    for _ in 0..500 {
        let attribute = mutate(mutate(whole.clone(), &mut random), &mut random);
        compile(attribute, item.clone(), Options::default());
    }
}
