//! A window whose aggregates are combined before the exchange.
use thalweg::prelude::*;
#[record]
pub struct Bid {
    pub auction: u64,
    pub price: u64,
    pub at: Timestamp,
}
pub fn busy_auctions() -> ::thalweg::__private::Definition {
    fn build(
        plan: &mut ::thalweg::__private::Plan,
        min_price: u64,
    ) -> ::thalweg::Result {
        let strategy0 = bounded(secs(5));
        let min_price_2 = ::core::clone::Clone::clone(&min_price);
        let spec0 = ::thalweg::__private::checked_ending(tumbling(secs(10)))?;
        let aggregate0 = (::thalweg::__private::count(), ::thalweg::__private::sum());
        let source0 = plan
            .source(
                collection([
                    Bid {
                        auction: 1,
                        price: 2,
                        at: Timestamp::MIN,
                    },
                ]),
                "source",
            );
        let sink0 = plan.sink(print(), "sink");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "partial count, sum",
                key: ::core::option::Option::Some("|bid| bid.auction"),
            });
        {
            let min_price = ::core::clone::Clone::clone(&min_price_2);
            let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([Bid { auction: 1, price: 2, at: Timestamp::MIN..)",
                        ::core::file!(), 13u32, 13u32),
                        ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|bid| bid.at)", ::core::file!(), 14u32, 14u32),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|bid| bid.price >= min_price)", ::core::file!(), 16u32,
                        16u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let min_price = ::core::clone::Clone::clone(&min_price);
                    let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
                    let source0 = cx.source(&source0)?;
                    let watermarks0 = cx
                        .watermarks(::core::clone::Clone::clone(&strategy0));
                    let exchange0 = cx.timed_output(exchange0, &watermarks0);
                    let partial0 = cx
                        .state(
                            "",
                            ::thalweg::__private::Partials::new(
                                ::core::clone::Clone::clone(&spec0),
                                ::core::clone::Clone::clone(&aggregate0),
                            ),
                        );
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let watermarks0 = &mut *watermarks0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let partial0 = &mut *partial0.borrow_mut();
                        let rows = source0.read(turn)?;
                        let clock0 = watermarks0.split(turn.split());
                        for bid in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let time = clock0
                                .observe(::thalweg::__private::apply(bid, |bid| bid.at));
                            if ::thalweg::__private::apply(
                                bid,
                                |bid| bid.price >= min_price,
                            ) {
                                if let ::core::option::Option::Some((hash, key, part)) = partial0
                                    .add(
                                        time,
                                        ::thalweg::__private::apply(bid, |bid| bid.auction),
                                        ((), ::thalweg::__private::apply(bid, |bid| bid.price)),
                                    )?
                                {
                                    exchange0.push_hashed(time, hash, key, part);
                                }
                            }
                        }
                        while let ::core::option::Option::Some(
                            (time, hash, key, accumulators),
                        ) = partial0.drain(turn)
                        {
                            exchange0.push_hashed(time, hash, key, accumulators);
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|bid| bid.auction)", ::core::file!(), 17u32, 17u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(tumbling(secs(10))).aggregate(|w| (w.key(), w.count(), w.sum(|bid| bid.price) as f64 / w..)",
                        ::core::file!(), 18u32, 19u32).state("window/0")
                        .keeps("per key and window: count, sum; a timer per window end"),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|(_, bids, _)| bids > 1)", ::core::file!(), 20u32,
                        20u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 21u32, 21u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
                    let exchange0 = cx.input(exchange0);
                    let window0 = cx
                        .state(
                            "window/0",
                            ::thalweg::__private::AggregateWindows::new(
                                ::core::clone::Clone::clone(&spec0),
                                ::core::clone::Clone::clone(&aggregate0),
                            ),
                        );
                    let sink0 = cx.sink(&sink0)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let window0 = &mut *window0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            window0.prepare(chunk.hashes());
                            for (time, hash, (key, accumulators)) in chunk.records() {
                                window0.merge(turn, time, hash, key, accumulators)?;
                            }
                        }
                        while let ::core::option::Option::Some(firing) = window0
                            .fire(turn)?
                        {
                            let time = firing.time();
                            let key = firing.key();
                            let window = firing.window();
                            let (count0, sum1) = ::thalweg::__private::Aggregate::finish(
                                &aggregate0,
                                firing.acc(),
                            );
                            let item = { (key, count0, sum1 as f64 / count0 as f64) };
                            let record = ::thalweg::__private::view(&item);
                            if ::thalweg::__private::apply(
                                record,
                                |(_, bids, _)| bids > 1,
                            ) {
                                sink0.write(time, record)?;
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
        name: "busy_auctions",
        function: "busy_auctions",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < u64, _ > ("min_price", "", "u64",
            ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let min_price = arguments.take::<u64, _>("min_price")?;
            ::core::result::Result::Ok(build(plan, min_price)?)
        },
    }
}
