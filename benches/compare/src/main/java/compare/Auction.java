package compare;

/** Something for sale. */
public class Auction {
    public long id, seller, category, expires, initialBid, dateTime;
    public String itemName;

    public Auction() {}
}
