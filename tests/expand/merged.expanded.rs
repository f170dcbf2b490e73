//! Unions inside a chain and between chains, and a partition.
use thalweg::prelude::*;
pub fn merged() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan) -> ::thalweg::Result {
        let source0 = plan
            .source(
                ::thalweg::__private::annotated_source::<
                    Stream<u64>,
                    _,
                >(collection([1u64, 2, 3])),
                "numbers",
            );
        let source1 = plan.source(collection([4u64, 5]), "more");
        let sink0 = plan.sink(print(), "even");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Forward,
                label: "record",
                key: ::core::option::Option::None,
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([1u64, 2, 3]))", ::core::file!(), 6u32, 6u32),
                        ::thalweg::__private::OperatorSpec::new("partition",
                        "partition(|n| n % 2 == 0)", ::core::file!(), 7u32, 7u32),
                        ::thalweg::__private::OperatorSpec::new("map", "map(|n| n + 1)",
                        ::core::file!(), 8u32, 8u32),
                        ::thalweg::__private::OperatorSpec::new("union", "union(odd)",
                        ::core::file!(), 10u32, 10u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let union0 = cx.scratch();
                    let exchange0 = cx.output(exchange0);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let union0 = &mut *union0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let rows = source0.read(turn)?;
                        for n in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            if ::thalweg::__private::apply(n, |n| n % 2 == 0) {
                                union0.push(time, n);
                            } else {
                                let item = ::thalweg::__private::apply(n, |n| n + 1);
                                let record = ::thalweg::__private::view(&item);
                                union0.push(time, record);
                            }
                        }
                        for (time, record) in union0.records() {
                            exchange0.push(time, record);
                        }
                        union0.clear();
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([4u64, 5]))", ::core::file!(), 9u32, 9u32),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|n| n > 4)", ::core::file!(), 9u32, 9u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source1 = cx.source(&source1)?;
                    let exchange0 = cx.output(exchange0);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source1 = &mut *source1.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let rows = source1.read(turn)?;
                        for n in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            if ::thalweg::__private::apply(n, |n| n > 4) {
                                exchange0.push(time, n);
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                        ::std::vec![
                            ::thalweg::__private::OperatorSpec::new("union",
                            "union(more)", ::core::file!(), 10u32, 10u32),
                            ::thalweg::__private::OperatorSpec::new("sink",
                            "sink(print())", ::core::file!(), 10u32, 10u32)
                        ],
                        ::std::vec![exchange0.id()],
                        ::std::vec![],
                    )
                    .parallelism(2),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange0 = cx.input(exchange0);
                    let sink0 = cx.sink(&sink0)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let sink0 = &mut *sink0.borrow_mut();
                        for (time, record) in exchange0.records(turn) {
                            sink0.write(time, record)?;
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "merged",
        function: "merged",
        doc: "",
        parameters: ::std::vec![],
        build: |plan, arguments| { ::core::result::Result::Ok(build(plan)?) },
    }
}
