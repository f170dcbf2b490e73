//! What a parameter decides when the plan is built.
use thalweg::prelude::*;
pub fn branches() -> ::thalweg::__private::Definition {
    fn build(
        plan: &mut ::thalweg::__private::Plan,
        verbose: bool,
        deep: bool,
    ) -> ::thalweg::Result {
        let source0 = plan.source(collection([1u64, 2, 3]), "numbers");
        let prefix = "n = ".to_owned();
        let prefix_1 = ::core::clone::Clone::clone(&prefix);
        let (
            condition0,
            condition3,
            sink0,
            condition1,
            condition2,
            source1,
            sink1,
            sink2,
        ) = if verbose {
            let text = format!("verbose, {prefix}");
            assert!(! text.is_empty());
            let sink0 = plan.sink(print(), "numbers");
            let sink0 = ::core::option::Option::Some(sink0);
            let (condition1, condition2, source1, sink1) = if deep {
                let source1 = plan.source(collection([4u64]), "source");
                let source1 = ::core::option::Option::Some(source1);
                let sink1 = plan.sink(print(), "sink");
                let sink1 = ::core::option::Option::Some(sink1);
                (true, false, source1, sink1)
            } else {
                (false, true, ::core::option::Option::None, ::core::option::Option::None)
            };
            (
                true,
                false,
                sink0,
                condition1,
                condition2,
                source1,
                sink1,
                ::core::option::Option::None,
            )
        } else {
            let sink2 = plan.sink(discard(), "numbers/1");
            let sink2 = ::core::option::Option::Some(sink2);
            (
                false,
                true,
                ::core::option::Option::None,
                false,
                false,
                ::core::option::Option::None,
                ::core::option::Option::None,
                sink2,
            )
        };
        let sink3 = plan.sink(print(), "numbers/2");
        let answer: ::thalweg::Result = Ok(());
        answer?;
        {
            let prefix = ::core::clone::Clone::clone(&prefix_1);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([1u64, 2, 3]))", ::core::file!(), 6u32, 6u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|n| format!(\"{prefix}{n}\"))", ::core::file!(), 11u32,
                        11u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 11u32, 11u32),
                        ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(discard())", ::core::file!(), 16u32, 16u32),
                        ::thalweg::__private::OperatorSpec::new("map", "map(|n| n * n)",
                        ::core::file!(), 18u32, 18u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 18u32, 18u32)
                    ],
                    ::std::vec![],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let prefix = ::core::clone::Clone::clone(&prefix);
                    let source0 = cx.source(&source0)?;
                    let sink0 = cx.optional_sink(&sink0)?;
                    let sink2 = cx.optional_sink(&sink2)?;
                    let sink3 = cx.sink(&sink3)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        let sink3 = &mut *sink3.borrow_mut();
                        let rows = source0.read(turn)?;
                        for n in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            {
                                if condition0 {
                                    let item = ::thalweg::__private::apply(
                                        n,
                                        |n| format!("{prefix}{n}"),
                                    );
                                    let record = ::thalweg::__private::view(&item);
                                    sink0.write(time, record)?;
                                }
                            }
                            {
                                if condition3 {
                                    sink2.write(time, n)?;
                                }
                            }
                            {
                                let item1 = ::thalweg::__private::apply(n, |n| n * n);
                                let record = ::thalweg::__private::view(&item1);
                                sink3.write(time, record)?;
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        if let ::core::option::Option::Some(source1) = source1 {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([4u64]))", ::core::file!(), 13u32, 13u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 13u32, 13u32)
                    ],
                    ::std::vec![],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source1 = cx.source(&source1)?;
                    let sink1 = cx.optional_sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source1 = &mut *source1.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        let rows = source1.read(turn)?;
                        for record in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            sink1.write(time, record)?;
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "branches",
        function: "branches",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < bool, _ > ("verbose", "", "bool",
            ::core::option::Option::None), ::thalweg::__private::Parameter::of:: < bool,
            _ > ("deep", "", "bool", ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let verbose = arguments.take::<bool, _>("verbose")?;
            let deep = arguments.take::<bool, _>("deep")?;
            ::core::result::Result::Ok(build(plan, verbose, deep)?)
        },
    }
}
