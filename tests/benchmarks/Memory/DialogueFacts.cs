namespace Agents.Benchmarks.Memory;

/// <summary>Something that a user says once and asks about much later.</summary>
/// <param name="Statement">One sentence: the evidence.</param>
/// <param name="InOtherWords">A question that shares no content word with it.</param>
/// <param name="InItsWords">A question that does.</param>
internal sealed record DialogueFact(string Statement, string InOtherWords, string InItsWords)
{
    public static IReadOnlyList<DialogueFact> All { get; } =
    [
        new("My daughter Lena started violin lessons in March.", "Which instrument does my kid play?", "When did the violin lessons of Lena start?"),
        new("I am allergic to peanuts.", "What must a cook leave out for me?", "What am I allergic to?"),
        new("Our cat Miso only eats canned tuna.", "How should a sitter feed my pet?", "What does Miso eat?"),
        new("I moved to Porto two years ago.", "Which city is home for me now?", "Where have I moved to?"),
        new("My sister works as a nurse in Graz.", "What is the profession of my sibling?", "Where does my sister work?"),
        new("I drive a blue Skoda from 2016.", "What kind of car do I own?", "How old is the Skoda that I drive?"),
        new("My landlord raised the rent to 940 euros.", "How much do I pay for my flat each month?", "What is the rent after my landlord raised it?"),
        new("I go swimming every Tuesday before breakfast.", "Which sport do I do during the week?", "On which day do I go swimming?"),
        new("We married in a small chapel near Siena.", "Where was my wedding?", "In which chapel were we married?"),
        new("My boss is called Henrik.", "Who is the manager above me?", "What is the name of my boss?"),
        new("I hate coriander.", "Which herb should stay out of a salad for me?", "Do I like coriander?"),
        new("The doctor said my blood pressure is too high.", "Which health problem do I have?", "What did the doctor say about my blood pressure?"),
        new("My train leaves at 6:40 from platform 9.", "When does the railway journey begin?", "From which platform does my train leave?"),
        new("I studied geology in Leeds.", "What was my subject at university?", "What did I study in Leeds?"),
        new("Our dog had surgery on its left leg.", "Why does my pet limp?", "What surgery did our dog have?"),
        new("My passport expires in November.", "Which travel document do I need to renew?", "When does my passport expire?"),
        new("I play chess with my uncle on Sundays.", "Which board game do I enjoy with a relative?", "With whom do I play chess?"),
        new("I prefer window seats on planes.", "Where do I like to sit when I fly?", "Which seats on planes do I prefer?"),
        new("My favourite author is Ursula Le Guin.", "Whose novels do I love most?", "Who is my favourite author?"),
        new("We are expecting a baby in June.", "When will my child be born?", "In which month are we expecting the baby?"),
        new("My laptop has only eight gigabytes of memory.", "How much RAM is in my computer?", "How many gigabytes of memory has my laptop?"),
        new("I quit smoking last winter.", "Which bad habit did I give up?", "When did I quit smoking?"),
        new("Our kitchen sink leaks.", "What should a plumber repair at my house?", "What is wrong with our kitchen sink?"),
        new("I earn 52000 a year before taxes.", "How large is my salary?", "How much do I earn before taxes?"),
        new("My grandfather was a fisherman on Hvar.", "How did my ancestor make his living?", "Where was my grandfather a fisherman?"),
        new("I have been a vegetarian since school.", "Do I eat meat?", "Since when am I a vegetarian?"),
        new("My flight to Osaka was cancelled by the airline.", "Which trip to Japan did not happen?", "Which flight was cancelled?"),
        new("I speak Finnish with my mother.", "In which language do I talk to a parent?", "With whom do I speak Finnish?"),
        new("The code of my garage is 7712.", "Which digits open the door where I park?", "What is the code of the garage?"),
        new("I broke my wrist while skiing.", "Which injury did I get on the slopes?", "How did I break my wrist?"),
        new("My bank charged me twice for the concert tickets.", "Which wrong payment should be refunded?", "What did the bank charge me for twice?"),
        new("I keep bees behind the barn.", "Which insects do I look after?", "Where do I keep the bees?"),
        new("My son is afraid of thunder.", "What frightens our boy?", "Who is afraid of thunder?"),
        new("I take my coffee without sugar.", "How do I like a hot drink in the morning?", "Do I take sugar in my coffee?"),
        new("I grew up on an island off Scotland.", "Where did I spend my childhood?", "On which island did I grow up?"),
        new("The storm damaged the roof of our shed.", "What did the bad weather destroy?", "What happened to the roof of the shed?"),
        new("I want to learn how to sail.", "Which hobby on the water would I try?", "What do I want to learn?"),
        new("My brother owes me 300 francs.", "Who has to pay money back to me?", "How many francs does my brother owe me?"),
        new("I wear glasses because I am short-sighted.", "How good are my eyes?", "Why do I wear glasses?"),
        new("Our car insurance ends in April.", "When does the policy for the vehicle run out?", "When does the car insurance end?"),
        new("I decided to paint the bedroom green.", "Which colour did I choose for the walls?", "How did I decide to paint the bedroom?"),
        new("My phone screen cracked on Friday.", "What broke on the mobile?", "When did the screen of my phone crack?"),
        new("I volunteer at the animal shelter.", "Where do I help without being paid?", "At which shelter do I volunteer?"),
        new("My daughter wants to become a pilot.", "What is the dream job of our girl?", "What does my daughter want to become?"),
        new("I have an appointment at the tax office on the 14th.", "When must I see the fiscal authorities?", "When is my appointment at the tax office?"),
        new("I lost my keys at the beach.", "What went missing by the sea?", "Where did I lose the keys?"),
        new("Our neighbour complains about the noise of the drums.", "Who next door is annoyed by our music?", "What does the neighbour complain about?"),
        new("I was born in a village in Moldova.", "Which country do I come from?", "Where was I born?"),
    ];

    private static readonly HashSet<string> Empty =
    [
        .. ("a about above after all am an and any are at be because been before being by called can could did do does each for from get give go good had has have how i in into is it its kind like "
            + "last large make many me most much must my near not now of off on only or our out over should since that the their there they this to too try two up was we were what when where which "
            + "while who whom whose why will with without would you").Split(' '),
    ];

    /// <summary>Whether two texts have a word in common that says something; inflections count as the same word.</summary>
    public static bool ShareAWord(string one, string other) => Words(one).Overlaps(Words(other));

    private static HashSet<string> Words(string text) =>
    [
        .. text.ToLowerInvariant().Split([' ', '.', '?', ',', ':', '-', '\''], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => !Empty.Contains(word)).Select(word => word.Length > 4 ? word[..4] : word),
    ];
}
