//! A future per record, watermarks that records bring, a partitioner of the user's.
use thalweg::prelude::*;
#[record]
struct Order {
    id: u64,
    customer: String,
}
fn orders() -> Vec<Order> {
    Vec::new()
}
async fn name_of(_: &str) -> Result<String, std::io::Error> {
    Ok(String::new())
}
fn job() -> ::thalweg::__private::Definition {
    fn build(
        plan: &mut ::thalweg::__private::Plan,
        prefix: String,
    ) -> ::thalweg::Result {
        let strategy0 = ::thalweg::__private::punctuated();
        let prefix_4 = ::core::clone::Clone::clone(&prefix);
        let options0 = <::thalweg::__private::AsyncOptions as ::core::default::Default>::default()
            .unordered()
            .timeout(secs(5))
            .cache(100, mins(1))
            .checked()?;
        let source0 = plan.source(collection(orders()), "source");
        let sink0 = plan.sink(print(), "sink");
        let sink1 = plan.sink(print(), "bad");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Named,
                label: "record, whole for `async_map(|o| async move { name_of(&prefix).await.map(|name|`, line 25",
                key: ::core::option::Option::Some("|o| o.id"),
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection(orders()))", ::core::file!(), 21u32, 21u32),
                        ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|o| Timestamp(o.id as i64))", ::core::file!(), 22u32,
                        22u32)
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
                        for o in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let time = clock0
                                .punctuated(
                                    ::thalweg::__private::apply(o, |o| Timestamp(o.id as i64)),
                                    ::thalweg::__private::apply(
                                        o,
                                        |o| (o.id % 10 == 0).then_some(Timestamp(o.id as i64)),
                                    ),
                                );
                            exchange0
                                .push_to(time, ::thalweg::__private::apply(o, |o| o.id), o);
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let prefix = ::core::clone::Clone::clone(&prefix_4);
            let options0 = ::core::clone::Clone::clone(&options0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("partition_by",
                        "partition_by(|o| o.id)", ::core::file!(), 24u32, 24u32),
                        ::thalweg::__private::OperatorSpec::new("async_map",
                        "async_map(|o| async move { name_of(&prefix).await.map(|name| name + ..)",
                        ::core::file!(), 25u32, 25u32).state("async_map/0")
                        .keeps("records that wait for their answers"),
                        ::thalweg::__private::OperatorSpec::new("side", "side bad",
                        ::core::file!(), 20u32, 20u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|(o, name)| (o.id, name))", ::core::file!(), 30u32, 30u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 31u32, 31u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 32u32, 32u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let prefix = ::core::clone::Clone::clone(&prefix);
                    let exchange0 = cx.input(exchange0);
                    let asynchronous0 = cx.asynchronous("async_map/0", &options0)?;
                    let side0 = cx.scratch();
                    let sink0 = cx.sink(&sink0)?;
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let asynchronous0 = &mut *asynchronous0.borrow_mut();
                        let side0 = &mut *side0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        for (time, o) in exchange0.records(turn) {
                            asynchronous0
                                .ask_cached(
                                    turn,
                                    time,
                                    o,
                                    ::thalweg::__private::apply(o, |o| o.customer),
                                    |mut asked| {
                                        let prefix = ::core::clone::Clone::clone(&prefix);
                                        async move {
                                            loop {
                                                let prefix = ::core::clone::Clone::clone(&prefix);
                                                let answer = ::thalweg::__private::answer(
                                                    ::thalweg::__private::apply(
                                                            asked.view(),
                                                            |o| async move {
                                                                name_of(&prefix).await.map(|name| name + o.customer)
                                                            },
                                                        )
                                                        .await,
                                                );
                                                if let ::core::option::Option::Some(answer) = asked
                                                    .settled(answer)
                                                    .await
                                                {
                                                    break answer;
                                                }
                                            }
                                        }
                                    },
                                );
                        }
                        while let ::core::option::Option::Some(answered) = asynchronous0
                            .answered(turn)?
                        {
                            let time = answered.time();
                            let asked = answered.record();
                            match answered.answer() {
                                ::core::result::Result::Ok(answer) => {
                                    let item = (asked, answer);
                                    let record = ::thalweg::__private::view(&item);
                                    let item1 = ::thalweg::__private::apply(
                                        record,
                                        |(o, name)| (o.id, name),
                                    );
                                    let record = ::thalweg::__private::view(&item1);
                                    sink0.write(time, record)?;
                                }
                                ::core::result::Result::Err(error) => {
                                    side0
                                        .push(
                                            time,
                                            ::thalweg::__private::FailedWith {
                                                record: asked,
                                                error: ::thalweg::__private::to_text(&error),
                                                operator: "async_map(|o| async move { name_of(&prefix).await.map(|name| name + ..) (line 25)",
                                            },
                                        );
                                }
                            }
                        }
                        for (time, record) in side0.records() {
                            sink1.write(time, record)?;
                        }
                        side0.clear();
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "job",
        function: "job",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < String, _ > ("prefix", "", "String",
            ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let prefix = arguments.take::<String, _>("prefix")?;
            ::core::result::Result::Ok(build(plan, prefix)?)
        },
    }
}
