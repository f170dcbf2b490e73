package compare;

/** The benchmark's events, to the bit those of `benches/src/nexmark`. */
public final class Nexmark {
    public static final long BASE = 1_700_000_000_000L;
    public static final int LAP = 1_000_000;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final long SEED = Long.getLong("seed", 42L);

    private Nexmark() {}

    public static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    public static long draw(long n) {
        return mix(SEED + (n + 1) * GOLDEN);
    }

    private static long below(long j, int k, long bound) {
        return (draw(j * 8 + k) >>> 1) % bound;
    }

    public static long h(long a, long b) {
        return mix(a * GOLDEN + b);
    }

    public static long hash(Bid bid) {
        return h(bid.auction * 31 + bid.bidder * 17 + bid.price, bid.dateTime);
    }

    /** The key of event {@code i} in the keyed counts. */
    public static long key(long i, long keys) {
        return (draw(i) >>> 1) % keys;
    }

    /** The same where every key comes once before they come at random: the {@code first} keys, in their order. */
    public static long key(long i, long keys, long first) {
        return i < first ? i : key(i, keys);
    }

    /** The text of a key. */
    public static String text(long key) {
        return "customer-" + padded(key, 11);
    }

    /** The key of a text. */
    public static long keyOf(String text) {
        return Long.parseLong(text, "customer-".length(), text.length(), 10);
    }

    /** The events of the first lap that reader {@code task} of {@code tasks} emits. */
    public static Event[] lap(int task, int tasks) {
        Event[] events = new Event[(LAP - task + tasks - 1) / tasks];
        for (int k = 0; k < events.length; k++) {
            events[k] = make((long) k * tasks + task);
        }
        return events;
    }

    /** Moves an event to the next lap, in place. */
    public static void shift(Event event) {
        switch (event.kind) {
            case Event.BID -> {
                event.bid.auction += 60_000;
                event.bid.bidder += 20_000;
                event.bid.dateTime += 100_000;
            }
            case Event.AUCTION -> {
                event.auction.id += 60_000;
                event.auction.seller += 20_000;
                event.auction.dateTime += 100_000;
                event.auction.expires += 100_000;
            }
            default -> {
                event.person.id += 20_000;
                event.person.dateTime += 100_000;
            }
        }
    }

    private static Event make(long j) {
        Event event = new Event();
        long epoch = j / 50;
        long place = j % 50;
        long lastPerson = epoch;
        long lastAuction = place == 0 ? epoch * 3 - 1 : epoch * 3 + Math.min(place, 3) - 1;
        long time = BASE + j / 10 - below(j, 0, 1000);
        if (place == 0) {
            event.kind = Event.PERSON;
            event.person = person(j, lastPerson, time);
        } else if (place <= 3) {
            event.kind = Event.AUCTION;
            event.auction = auction(j, lastPerson, lastAuction, time);
        } else {
            event.kind = Event.BID;
            event.bid = bid(j, lastPerson, lastAuction, time);
        }
        return event;
    }

    private static Person person(long j, long lastPerson, long time) {
        Person person = new Person();
        person.id = 1000 + lastPerson;
        person.name = "person-" + padded(below(j, 1, 100_000), 5);
        person.email = person.name + "@example.com";
        person.city = "city-" + below(j, 2, 100);
        person.state = "st-" + below(j, 3, 50);
        person.dateTime = time;
        return person;
    }

    private static Auction auction(long j, long lastPerson, long lastAuction, long time) {
        Auction auction = new Auction();
        auction.id = 1000 + lastAuction;
        auction.seller = 1000 + (below(j, 1, 2) == 0 ? lastPerson / 100 * 100 : lastPerson - 1000 + below(j, 2, 1010));
        auction.category = 10 + below(j, 3, 5);
        auction.expires = time + 10_000 + below(j, 4, 10_000);
        auction.initialBid = 1 + below(j, 5, 10_000);
        auction.itemName = "item-" + padded(below(j, 6, 100_000), 5);
        auction.dateTime = time;
        return auction;
    }

    private static Bid bid(long j, long lastPerson, long lastAuction, long time) {
        Bid bid = new Bid();
        bid.auction = 1000 + (below(j, 1, 2) == 0 ? lastAuction / 100 * 100 : lastAuction - 100 + below(j, 2, 111));
        bid.bidder = 1000 + (below(j, 3, 2) == 0 ? lastPerson / 100 * 100 : lastPerson - 1000 + below(j, 4, 1010));
        bid.price = 1 + below(j, 5, 10_000_000);
        bid.channel = "chan" + padded(below(j, 6, 10_000), 4);
        bid.url = "https://www.nexmark.com/item.htm?qu" + padded(below(j, 7, 100_000), 5);
        bid.dateTime = time;
        return bid;
    }

    private static String padded(long value, int width) {
        String text = Long.toString(value);
        return "0".repeat(width - text.length()) + text;
    }
}
