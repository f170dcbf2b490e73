package compare;

/** An offer for an auction. */
public class Bid {
    public long auction, bidder, price, dateTime;
    public String channel, url;

    public Bid() {}
}
