//! A stream that is used three times, and a record that crosses an exchange pruned.
use thalweg::prelude::*;
#[record]
pub struct Bid {
    pub auction: u64,
    pub price: u64,
    pub url: String,
}
pub fn fan_out() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan, least: u64) -> ::thalweg::Result {
        let source0 = plan
            .source(
                collection([
                    Bid {
                        auction: 1,
                        price: 2,
                        url: String::new(),
                    },
                ]),
                "bids",
            );
        let least_1 = ::core::clone::Clone::clone(&least);
        let sink0 = plan.sink(print(), "dear");
        let least_5 = ::core::clone::Clone::clone(&least);
        let sink1 = plan.sink(print(), "dear/1");
        let sink2 = plan.sink(discard(), "bids");
        #[derive(Clone, Copy)]
        struct Pruned0<T0, T1> {
            auction: T0,
            price: T1,
        }
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Rebalance,
                label: "(auction, price)",
                key: ::core::option::Option::None,
            });
        {
            let least = ::core::clone::Clone::clone(&least_1);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([Bid { auction: 1, price: 2, url: String::new()..)",
                        ::core::file!(), 13u32, 13u32),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|bid| bid.price >= least)", ::core::file!(), 14u32,
                        14u32), ::thalweg::__private::OperatorSpec::new("map",
                        "map(|bid| bid.price)", ::core::file!(), 15u32, 15u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 15u32, 15u32),
                        ::thalweg::__private::OperatorSpec::new("inspect",
                        "inspect(|bid| assert!(bid.price > 0))", ::core::file!(), 20u32,
                        20u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(discard())", ::core::file!(), 20u32, 20u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let least = ::core::clone::Clone::clone(&least);
                    let source0 = cx.source(&source0)?;
                    let sink0 = cx.sink(&sink0)?;
                    let exchange0 = cx.output(exchange0);
                    let sink2 = cx.sink(&sink2)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        let rows = source0.read(turn)?;
                        for bid in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            {
                                if ::thalweg::__private::apply(
                                    bid,
                                    |bid| bid.price >= least,
                                ) {
                                    {
                                        let item = ::thalweg::__private::apply(
                                            bid,
                                            |bid| bid.price,
                                        );
                                        let record = ::thalweg::__private::view(&item);
                                        sink0.write(time, record)?;
                                    }
                                    {
                                        exchange0.push(time, (bid.auction, bid.price));
                                    }
                                }
                            }
                            {
                                let () = ::thalweg::__private::apply(
                                    bid,
                                    |bid| assert!(bid.price > 0),
                                );
                                sink2.write(time, bid)?;
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let least = ::core::clone::Clone::clone(&least_5);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("rebalance",
                        "rebalance()", ::core::file!(), 16u32, 16u32),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|bid| bid.price > 2 * least)", ::core::file!(), 17u32,
                        17u32), ::thalweg::__private::OperatorSpec::new("map",
                        "map(|bid| (bid.auction, bid.price))", ::core::file!(), 18u32,
                        18u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 19u32, 19u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let least = ::core::clone::Clone::clone(&least);
                    let exchange0 = cx.input(exchange0);
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let sink1 = &mut *sink1.borrow_mut();
                        for (time, (auction, price)) in exchange0.records(turn) {
                            let bid = Pruned0 { auction, price };
                            if ::thalweg::__private::apply(
                                bid,
                                |bid| bid.price > 2 * least,
                            ) {
                                let item = ::thalweg::__private::apply(
                                    bid,
                                    |bid| (bid.auction, bid.price),
                                );
                                let record = ::thalweg::__private::view(&item);
                                sink1.write(time, record)?;
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
        name: "fan_out",
        function: "fan_out",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < u64, _ > ("least", "", "u64",
            ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let least = arguments.take::<u64, _>("least")?;
            ::core::result::Result::Ok(build(plan, least)?)
        },
    }
}
