//! Triggers, evictors and functions over elements: firings that a record causes end the loop over the batch.
use thalweg::prelude::*;
#[record]
pub struct Bid {
    pub auction: u64,
    pub price: u64,
    pub url: String,
    pub at: Timestamp,
}
pub fn hot() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan, step: u64) -> ::thalweg::Result {
        let strategy0 = bounded(secs(5));
        let source0 = plan.source(collection(Vec::<Bid>::new()), "bids");
        let windows_of_window0 = ::thalweg::__private::checked(tumbling(mins(10)))?;
        let plan_of_window0 = ::thalweg::__private::WindowPlan::new(
            windows_of_window0,
            trigger::early(mins(1)),
            ::core::option::Option::None,
        )?;
        let aggregate0 = (::thalweg::__private::count(), ::thalweg::__private::max());
        let sink0 = plan.sink(print(), "bids");
        let step_5 = ::core::clone::Clone::clone(&step);
        let windows_of_window1 = ::thalweg::__private::checked(global_window())?;
        let fires_at_of_window1 = 100;
        let evicts_at_of_window1 = 50;
        let plan_of_window1 = ::thalweg::__private::WindowPlan::new(
            windows_of_window1,
            ::thalweg::__private::delta(true),
            ::core::option::Option::None,
        )?;
        let sink1 = plan.sink(print(), "bids/1");
        let windows_of_window2 = ::thalweg::__private::checked(sliding_count(100, 10))?;
        let plan_of_window2 = ::thalweg::__private::WindowPlan::new(
            windows_of_window2,
            ::thalweg::__private::own_trigger(&windows_of_window2),
            ::core::option::Option::None,
        )?;
        let sink2 = plan.sink(print(), "bids/2");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `window(tumbling(mins(10))).trigger(trigger::early(mins(1))).`, line 18",
                key: ::core::option::Option::Some("|bid| bid.auction"),
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection(Vec::<Bid>::new()))", ::core::file!(), 14u32,
                        14u32), ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|bid| bid.at)", ::core::file!(), 15u32, 15u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let watermarks0 = cx
                        .watermarks(::core::clone::Clone::clone(&strategy0));
                    let exchange0 = cx.timed_output(exchange0, &watermarks0);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let watermarks0 = &mut *watermarks0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let rows = source0.read(turn)?;
                        let clock0 = watermarks0.split(turn.split());
                        for bid in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let time = clock0
                                .observe(::thalweg::__private::apply(bid, |bid| bid.at));
                            exchange0
                                .push_keyed(
                                    time,
                                    ::thalweg::__private::apply(bid, |bid| bid.auction),
                                    bid,
                                );
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let step = ::core::clone::Clone::clone(&step_5);
            let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|bid| bid.auction)", ::core::file!(), 17u32, 17u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(tumbling(mins(10))).trigger(trigger::early(mins(1))).aggregate(|w| (w.key(), w.count(), w.max(|bid| bid.price)))",
                        ::core::file!(), 18u32, 20u32).state("window/0")
                        .keeps("per key and window: count, max, and what its trigger remembers; timers per key and window"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 21u32, 21u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(global_window()).delta_trigger(100, |old, new| new.price - old.price).purging().delta_evictor(50, |old, new| new.price - old.price).apply(|w, bids, out| { for bid in bids.iter().filter(|bid| bid.p..)",
                        ::core::file!(), 22u32, 30u32).state("window/1")
                        .keeps("per key and window: its elements, and what its trigger remembers; timers per key and window"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 31u32, 31u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(sliding_count(100, 10)).reduce(|a, b| if a.price < b.price { b } else { a })",
                        ::core::file!(), 32u32, 33u32).state("window/2")
                        .keeps("per key and window: its elements; timers"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 34u32, 34u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let step = ::core::clone::Clone::clone(&step);
                    let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
                    let exchange0 = cx.input(exchange0);
                    let window0 = cx
                        .state(
                            "window/0",
                            ::thalweg::__private::GeneralWindows::of_aggregate(
                                ::core::clone::Clone::clone(&plan_of_window0),
                                ::core::clone::Clone::clone(&aggregate0),
                            )?,
                        );
                    let window1 = cx
                        .state(
                            "window/1",
                            ::thalweg::__private::GeneralWindows::of_elements(
                                ::core::clone::Clone::clone(&plan_of_window1),
                            ),
                        );
                    let fires_at_of_window1 = ::core::clone::Clone::clone(
                        &fires_at_of_window1,
                    );
                    let window2 = cx
                        .state(
                            "window/2",
                            ::thalweg::__private::GeneralWindows::of_elements(
                                ::core::clone::Clone::clone(&plan_of_window2),
                            ),
                        );
                    let sink0 = cx.sink(&sink0)?;
                    let evicts_at_of_window1 = ::core::clone::Clone::clone(
                        &evicts_at_of_window1,
                    );
                    let results_of_window1 = cx.scratch();
                    let sink1 = cx.sink(&sink1)?;
                    let sink2 = cx.sink(&sink2)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let window0 = &mut *window0.borrow_mut();
                        let window1 = &mut *window1.borrow_mut();
                        let window2 = &mut *window2.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let results_of_window1 = &mut *results_of_window1.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            window0.prepare(chunk.hashes());
                            window1.prepare(chunk.hashes());
                            window2.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                {
                                    if window0.open(turn, time, hash, key)? {
                                        window0
                                            .accumulate((
                                                (),
                                                ::thalweg::__private::apply(record, |bid| bid.price),
                                            ))?;
                                        window0.trigger(turn, record);
                                    }
                                }
                                {
                                    if window1.open(turn, time, hash, key)? {
                                        window1.keep(record);
                                        window1
                                            .trigger_by(
                                                turn,
                                                record,
                                                &fires_at_of_window1,
                                                |old, new| new.price - old.price,
                                            );
                                    }
                                }
                                {
                                    if window2.open(turn, time, hash, key)? {
                                        window2.keep(record);
                                        window2.trigger(turn, record);
                                    }
                                }
                            }
                        }
                        while let ::core::option::Option::Some(firing) = window0
                            .fire(turn)
                        {
                            let time = firing.time();
                            let key = firing.key();
                            let window = firing.window();
                            let (count0, max1) = ::thalweg::__private::Aggregate::finish(
                                &aggregate0,
                                firing.acc(),
                            );
                            let item = { (key, count0, max1) };
                            let record = ::thalweg::__private::view(&item);
                            sink0.write(time, record)?;
                        }
                        while let ::core::option::Option::Some(mut firing) = window1
                            .fire(turn)
                        {
                            firing
                                .evict_by(
                                    &evicts_at_of_window1,
                                    |old, new| new.price - old.price,
                                );
                            let () = ::thalweg::__private::apply3(
                                firing.fired(),
                                firing.events(),
                                &mut ::thalweg::__private::Out::new(
                                    &mut *results_of_window1,
                                    firing.time(),
                                ),
                                |w, bids, out| {
                                    for bid in bids.iter().filter(|bid| bid.price > step) {
                                        out.emit((w.key(), bid.url));
                                    }
                                },
                            );
                            for (time, record) in results_of_window1.records() {
                                sink1.write(time, record)?;
                            }
                            results_of_window1.clear();
                        }
                        while let ::core::option::Option::Some(firing) = window2
                            .fire(turn)
                        {
                            if firing.events().is_empty() {
                                continue;
                            }
                            let time = firing.time();
                            let key = firing.key();
                            let window = firing.window();
                            let mut reduced = ::thalweg::__private::none_of(
                                firing.events(),
                            );
                            for element in firing.events() {
                                let next = match &reduced {
                                    ::core::option::Option::None => {
                                        ::thalweg::__private::into_record(element)
                                    }
                                    ::core::option::Option::Some(before) => {
                                        ::thalweg::__private::into_record(
                                            ::thalweg::__private::apply2(
                                                ::thalweg::__private::view(before),
                                                element,
                                                |a, b| if a.price < b.price { b } else { a },
                                            ),
                                        )
                                    }
                                };
                                reduced = ::core::option::Option::Some(next);
                            }
                            let ::core::option::Option::Some(reduced) = reduced else {
                                continue
                            };
                            let kept = ::thalweg::__private::view(&reduced);
                            let item1 = ::thalweg::__private::WindowedWith {
                                key,
                                window,
                                value: kept,
                            };
                            let record = ::thalweg::__private::view(&item1);
                            sink2.write(time, record)?;
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "hot",
        function: "hot",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < u64, _ > ("step", "", "u64",
            ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let step = arguments.take::<u64, _>("step")?;
            ::core::result::Result::Ok(build(plan, step)?)
        },
    }
}
