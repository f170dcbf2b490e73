//! Running aggregates, a reduction and a fold on one keyed stream.
use thalweg::prelude::*;

#[pipeline]
pub fn words(path: String) {
    let words = source(files(&path).text())
        .flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .key_by(|word| word);
    words.count().filter(|word| word.value % 1000 == 0).sink(print());
    words
        .reduce(|longest, word| if word.len() > longest.len() { word } else { longest })
        .sink(print());
    let letters = words.fold(0u64, |letters, word| letters + word.len() as u64).uid("letters");
    letters.sink(print());
}
