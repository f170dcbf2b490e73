package compare;

/** One event of the stream: exactly one of the three is set, as in Nexmark's own model for Flink. */
public class Event {
    public static final int PERSON = 0;
    public static final int AUCTION = 1;
    public static final int BID = 2;

    public int kind;
    public Person person;
    public Auction auction;
    public Bid bid;

    public Event() {}

    public long time() {
        return switch (kind) {
            case BID -> bid.dateTime;
            case AUCTION -> auction.dateTime;
            default -> person.dateTime;
        };
    }

    /** The event's hash in a checksum. */
    public long hash() {
        return switch (kind) {
            case BID -> Nexmark.hash(bid);
            case AUCTION -> Nexmark.h(auction.id * 31 + auction.seller, auction.dateTime);
            default -> Nexmark.h(person.id, person.dateTime);
        };
    }
}
