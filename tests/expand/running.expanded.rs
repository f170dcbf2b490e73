//! Running aggregates, a reduction and a fold on one keyed stream.
use thalweg::prelude::*;
pub fn words() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan, path: String) -> ::thalweg::Result {
        let source0 = plan.source(files(&path).text(), "words");
        let accumulate0 = (::thalweg::__private::count(),);
        let sink0 = plan.sink(print(), "words");
        let sink1 = plan.sink(print(), "words/1");
        let sink2 = plan.sink(print(), "letters");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `reduce(|longest, word| if word.len() > longest.len() { word `, line 11",
                key: ::core::option::Option::Some("|word| word"),
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(files(&path).text())", ::core::file!(), 6u32, 6u32),
                        ::thalweg::__private::OperatorSpec::new("flat_map",
                        "flat_map(|line| line.split_whitespace().map(str::to_owned).collect:..)",
                        ::core::file!(), 7u32, 7u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let exchange0 = cx.output(exchange0);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let rows = source0.read(turn)?;
                        for line in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            for item in ::thalweg::__private::apply(
                                line,
                                |line| {
                                    line
                                        .split_whitespace()
                                        .map(str::to_owned)
                                        .collect::<Vec<_>>()
                                },
                            ) {
                                let word = ::thalweg::__private::view(&item);
                                exchange0
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(word, |word| word),
                                        word,
                                    );
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let accumulate0 = ::core::clone::Clone::clone(&accumulate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|word| word)", ::core::file!(), 8u32, 8u32),
                        ::thalweg::__private::OperatorSpec::new("count", "count()",
                        ::core::file!(), 9u32, 9u32).state("count/0")
                        .keeps("per key: count"),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|word| word.value % 1000 == 0)", ::core::file!(), 9u32,
                        9u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 9u32, 9u32),
                        ::thalweg::__private::OperatorSpec::new("reduce",
                        "reduce(|longest, word| if word.len() > longest.len() { word } els..)",
                        ::core::file!(), 11u32, 11u32).state("reduce/0")
                        .keeps("per key: the reduced record"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 12u32, 12u32),
                        ::thalweg::__private::OperatorSpec::new("fold",
                        "fold(0u64, |letters, word| letters + word.len() as u64)",
                        ::core::file!(), 13u32, 13u32).state("letters")
                        .keeps("per key: the folded value"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 14u32, 14u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let accumulate0 = ::core::clone::Clone::clone(&accumulate0);
                    let exchange0 = cx.input(exchange0);
                    let running0 = cx
                        .state(
                            "count/0",
                            ::thalweg::__private::Running::new(
                                ::core::clone::Clone::clone(&accumulate0),
                            ),
                        );
                    let sink0 = cx.sink(&sink0)?;
                    let running1 = cx
                        .state("reduce/0", ::thalweg::__private::Reduce::new());
                    let sink1 = cx.sink(&sink1)?;
                    let running2 = cx
                        .state("letters", ::thalweg::__private::Fold::new(0u64));
                    let sink2 = cx.sink(&sink2)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let running0 = &mut *running0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let running1 = &mut *running1.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        let running2 = &mut *running2.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            running0.prepare(chunk.hashes());
                            running1.prepare(chunk.hashes());
                            running2.prepare(chunk.hashes());
                            for (time, hash, (key, longest)) in chunk.records() {
                                {
                                    let (count0,) = ::thalweg::__private::Aggregate::finish(
                                        &accumulate0,
                                        running0.add(hash, key, ((),))?,
                                    );
                                    let item = ::thalweg::__private::ChangedWith {
                                        key,
                                        value: count0,
                                    };
                                    let word = ::thalweg::__private::view(&item);
                                    if ::thalweg::__private::apply(
                                        word,
                                        |word| word.value % 1000 == 0,
                                    ) {
                                        sink0.write(time, word)?;
                                    }
                                }
                                {
                                    let slot = running1.slot(hash, key, longest);
                                    let next = slot
                                        .kept()
                                        .map(|kept| {
                                            ::thalweg::__private::into_record(
                                                ::thalweg::__private::apply2(
                                                    kept,
                                                    longest,
                                                    |longest, word| {
                                                        if word.len() > longest.len() { word } else { longest }
                                                    },
                                                ),
                                            )
                                        });
                                    let kept = slot.keep(next);
                                    let item1 = ::thalweg::__private::ChangedWith {
                                        key,
                                        value: kept,
                                    };
                                    let record = ::thalweg::__private::view(&item1);
                                    sink1.write(time, record)?;
                                }
                                {
                                    let kept = running2
                                        .add(
                                            hash,
                                            key,
                                            longest,
                                            |letters, word| letters + word.len() as u64,
                                        )?;
                                    let item2 = ::thalweg::__private::ChangedWith {
                                        key,
                                        value: kept,
                                    };
                                    let record = ::thalweg::__private::view(&item2);
                                    sink2.write(time, record)?;
                                }
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "words",
        function: "words",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < String, _ > ("path", "", "String",
            ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let path = arguments.take::<String, _>("path")?;
            ::core::result::Result::Ok(build(plan, path)?)
        },
    }
}
