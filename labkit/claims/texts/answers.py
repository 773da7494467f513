"""The sentences of the answers' paragraphs.

They are meant to be read aloud. Every number in them arrives from a claim; a word such
as "but" or "most" stands only where the code that picked the message evaluated it.
"""

from __future__ import annotations

MESSAGES = {
    # --- how sure
    "answer.apparently": "apparently ",
    "answer.narrowly": "narrowly ",
    "answer.one_seed": "All of this is one training per setting: it describes these runs, and how "
    "much of it is chance they cannot tell.",
    "answer.few_seeds": "With {n} seeds per setting it is still too early to tell effect from "
    "chance.",
    "answer.open": "“Apparently” marks what {n} seeds do not separate from chance.",
    "answer.open_uneven": "“Apparently” marks what the seeds, {n} at most and in places fewer, do "
    "not separate from chance.",
    "answer.some_open": "What {n} seeds leave open is marked in the evidence below.",
    "answer.all_settled": "All of this holds beyond the noise between {n} seeds.",
    "answer.settle": "What could settle more of it: {plan}.",
    # --- clauses
    "clause.and": ", and ",
    "clause.but": ", but ",
    "clause.while": ", while ",
    "clause.semicolon": "; ",
    "clause.of": "{value} for {level}",
    "clause.at": "{value} at {level}",
    "clause.with": "{value} with {level}",
    "clause.against": "{value} against {rest}",
    "clause.against_mixed": "{value} against {rest} on average, ahead in {held} of {n} comparisons",
    "clause.wins": "{level} {verb}{where} ({values})",
    "clause.wins_next": "{level}{where} ({hedge}{values})",
    "clause.wins_again": "{hedge}again{where} ({values})",
    "clause.average_only": "{level} was {hedge}ahead only on average{where} ({value} against "
    "{rest}; in {held} of {n} comparisons)",
    "clause.tie": "there is a tie for the lead{where} ({values})",
    "everywhere.both": " on both data sets",
    "everywhere.all": " on all {n} data sets",
    "course.up": " (up {share} %)",
    "course.down": " (down {share} %)",
    "course.step": "from {first} at {a} to {last} at {b}{where}{percent}",
    "course.ends": "{first} to {last}",
    "course.brief.rises": "{hedge}rises ({values})",
    "course.brief.falls": "{hedge}falls ({values})",
    "course.rises": "{hedge}rises{where}: {steps}",
    "course.falls": "{hedge}falls{where}: {steps}",
    "course.rises_throughout": "{hedge}rises at every step{where}: {steps}",
    "course.falls_throughout": "{hedge}falls at every step{where}: {steps}",
    "course.weakly.rises": "rises{where} {steps}, with some steps level",
    "course.weakly.falls": "falls{where} {steps}, with some steps level",
    "course.flat": "does not move{where} beyond rounding ({values})",
    "course.valley": "is {hedge}lowest at {level}{where} ({value}, against {rest})",
    "course.hill": "is {hedge}highest at {level}{where} ({value}, against {rest})",
    "course.turn": "{value}, against {rest}",
    "course.valley_all": "is {hedge}lowest at {level}{where} ({values})",
    "course.hill_all": "is {hedge}highest at {level}{where} ({values})",
    "course.mixed": "{hedge}goes up and down{where} ({rest})",
    "verb.steadier": "was {hedge}the steadier choice",
    "verb.lower_fid": "{hedge}had the lower proxy FID",
    "verb.coverage": "{hedge}covered more of the real images",
    "verb.recall": "{hedge}reached more of the real images",
    "verb.vendi": "was {hedge}more varied within classes",
    "about.fid_drawdown": "its largest rise above an earlier epoch",
    "about.fid_final_excess": "by how much the last epoch is worse than the best",
    "about.fid_tail_spread": "its standard deviation over the last third of the epochs",
    "about.fid_oscillation": "the sum of all its rises from one epoch to the next",
    "about.coverage": "the share of real images with a sample nearby",
    "about.recall": "the share of real images that fall among the samples",
    "about.vendi": "the variety within each class beside that of real images",
    # --- 1: stability
    "stability.finished": "All {n} GANs trained to the end without an error.",
    "stability.finished.one": "The one GAN trained to the end without an error.",
    "stability.finished.two": "Both GANs trained to the end without an error.",
    "stability.finished_so_far": "No GAN that was run ({n} of {planned}) ended in an error.",
    "stability.read_from": "How steady a training was is read from the {metric}, {about}: "
    "the smaller, the steadier.",
    "stability.not_measured": "The table records nothing of what happened within a training, so "
    "stability itself was not measured; only end results, by proxy FID, can be compared, which is "
    "a different thing.",
    "stability.nothing": "The table records neither what happened within a training nor a proxy "
    "FID of the results, so it cannot say what influenced stability.",
    "stability.shares": "By the {metric} ({about}; the smaller, the steadier), {clauses}.",
    "stability.shares_fid": "By proxy FID, {clauses}.",
    "stability.share": "the {factor} {hedge}carries most of the spread{where} ({share} %, with "
    "{others})",
    "stability.share_part": "the {factor} {hedge}carries the largest part of the spread{where} "
    "({share} %, with {others})",
    "stability.share_more": "{rest} (of the settings themselves, the {factor} {hedge}carries the "
    "most: {share} %, with {others})",
    "stability.share_of": "{share} % for the {factor}",
    "stability.share_tie": "no single setting stands out{where}: {rest}",
    "stability.unresolved": "the trainings hardly differ: {ranges}, closer together than other "
    "samples of the same weights could lie (up to {resolutions})",
    "stability.same": "the trainings do not differ: {values}",
    "stability.value": "{lowest} in each{where}",
    "stability.range": "{lowest} to {highest}{where}",
    "stability.share_none": "no setting carries more of the spread{where} than chance would give "
    "it",
    "stability.anywhere": " on any data set",
    "stability.rest": "{rest} % of the spread{where} lies in how {factors} combine, or in noise",
    "stability.rest_split": "{combination} % of the spread{where} lies in how {factors} combine "
    "and {noise} % in noise between seeds",
    "stability.by_factors": "{clauses}.",
    "stability.by": "by {factor}, {clause}",
    "stability.quality": "End quality is a question of its own: {clauses}.",
    "stability.dominance": "The share of steps in which the discriminator was right almost "
    "every time was {clauses}.",
    "stability.spread": "Single seeds lie this far from the median of their setting's seeds in "
    "proxy FID, on average: {clauses}.",
    "stability.constant.one": "The {settings} was the same in every GAN, so these runs say nothing "
    "about it.",
    "stability.constant": "The {settings} were the same in every GAN, so these runs say nothing "
    "about them.",
    # --- 2: mode collapse
    "collapse.not_measured": "Mode collapse was not measured in this table, and nothing in it can "
    "stand in: a good proxy FID does not rule collapse out, and a poor one does not prove it.",
    "collapse.none": "None of the {n} GANs shows mode collapse{quote}. Nor is that proof of its "
    "absence: at this number of trainings a true rate of up to {rate} % could have gone unseen.",
    "collapse.none.one": "The one GAN does not show mode collapse{quote}. Nor is that proof of its "
    "absence: from one training a true rate of up to {rate} % could have gone unseen.",
    "collapse.none.two": "Neither of the two GANs shows mode collapse{quote}. Nor is that proof of "
    "its absence: at this number of trainings a true rate of up to {rate} % could have gone "
    "unseen.",
    "collapse.found": "That no GAN shows mode collapse does not hold{where}: {hits} of {n} do "
    "({listed}){unknown}.",
    "collapse.found.one": "That no GAN shows mode collapse does not hold{where}: {hits} of {n} "
    "does ({listed}){unknown}.",
    "collapse.none_judged": "No GAN that could be judged ({n} of {planned}) shows mode collapse"
    "{quote}. Nor is that proof of its absence: at this number of trainings a true rate of up to "
    "{rate} % could have gone unseen.",
    "collapse.quote": " by the measure used (its verdict: “{quote}”)",
    "collapse.nothing_to_help": "Where nothing collapsed, nothing can be said to have helped.",
    "collapse.helped": "By count, {level} {hedge}went with fewer collapses than {rival} ({a} "
    "against {b} of {n}, all else equal).",
    "collapse.no_help": "Of the cells that could be judged, as many collapsed with one {factor} as "
    "with another, all else equal.",
    "collapse.diversity": "What these runs can compare is {metric}, {about}: {clauses}.",
    "collapse.diversity_too": "Beside the verdict stands {metric}, {about}: {clauses}.",
    "collapse.constant": "What was the same in every cell can be given neither credit nor blame.",
    # --- 3: latent dimension
    "latent.nothing": "The effect of the latent dimension cannot be read from this table: "
    "{reason}.",
    "latent.recon": "The {metric} {clauses}.",
    "latent.early": "Most of that is done by {level} ({shares}).",
    "latent.early_share": "{share} %{where}",
    "latent.along": "Meanwhile {clauses}.",
    "latent.along_one": "the {metric} {clause}",
    "latent.spare_units": "At the largest size not every unit counts as active: {clauses}.",
    "latent.spare": "{used} of {of} units are active{where}",
    "latent.spare_next": "{used} of {of}{where}",
    "latent.follow": "Samples go the same way: their {metric} {clauses}.",
    "latent.not_follow": "Samples do not simply follow: their {metric} {clauses}.",
    "latent.samples": "The samples' {metric} {clauses}.",
    "latent.trade": "{a} reconstructs best and {b} samples best{where}{hedge}",
    "latent.no_trade": "in these runs it does not hold{where} that the two ask for different "
    "sizes: {a} is best at both{hedge}",
    "latent.trade_tie": "one size may serve both{where}",
    "latent.trade_offs": "So {clauses}.",
    "latent.agree": "The two data sets {hedge}order the latent sizes alike by {alike}.",
    "latent.disagree": "The two data sets {hedge}order the latent sizes differently by {apart}.",
    "latent.agree_partly": "The two data sets {hedge}order the latent sizes alike by {alike}, but "
    "not by {apart}.",
    "latent.absent": "Not measured here: {metrics}.",
    # --- questions about one setting: loss kind, constraint, regularisation, ...
    "factor.confounded": "The table cannot answer this as a matter of cause: {reason}.",
    "factor.whole": "By {metric}, the {family} setting {hedge}ahead{where} was {setting}: "
    "{value}, against {other} for {next}.",
    "factor.which": "Which of their settings made the difference the table cannot say: {reason}.",
    "factor.trend": "The {metric} {clauses}.",
    "model_setting": "the {family} with {setting}",
    "factor.measure": "By {metric}, {clauses}.",
    "factor.never_ranked": "Loss values are not ranked across {factors}: {metric} is another "
    "quantity under each.",
    "factor.nothing": "No measure in the table can be compared across {factors}.",
    "verb.best": "was {hedge}ahead",
    # --- what changed during training
    "moved": "{label}{where}, from the first epoch to the last: {clauses}.",
    "moved.rises": "the {metric} rose from {first} to {last}{share}",
    "moved.falls": "the {metric} fell from {first} to {last}{share}",
    "moved.same": "the {metric} ended where it began, at {first}",
    "moved.share": " (by {share} % of its first size)",
    "training.not_ranked": "Values of different kinds of loss are different quantities; none of "
    "them is ranked against another here.",
    "training.nothing": "The table holds no first-epoch values to set against the last ones.",
    # --- published values
    "reference.reproduced": "The {metric} of {source} is met within its tolerance{by}: {ours} "
    "here, {published} there.",
    "reference.missed": "The {metric} of {source} is not met{by}: {ours} here, {published} there, "
    "with a tolerance of {tolerance}.",
    "reference.unmeasured": "The {metric} of {source} could not be checked: {reason}.",
    # --- 4: combining
    "combining.nothing": "The table does not hold both families with a common measure, so it "
    "cannot say what either would bring to a combination.",
    "combining.fid": "By proxy FID, {clauses}.",
    "combining.sharpness": "In sharpness, {clauses}.",
    "combining.coverage": "In coverage, {clauses}.",
    "combining.ahead": "the {ahead} are {hedge}{average}ahead of the {other}{where} "
    "({values}{apart})",
    "combining.ahead_single": "the {ahead} is {hedge}{average}ahead of the {other}{where} "
    "({values}{apart})",
    "combining.average": "on average ",
    "clause.against_plain": "{a} against {b}",
    "combining.values": "{a} on average against {b}",
    "combining.values_other": "{a} against {b} on average",
    "combining.away_single": "{a} away from real images against {b}",
    "combining.away": "{a} away from real images on average against {b}",
    "combining.away_other": "{a} away from real images against {b} on average",
    "combining.apart": "; every {a} ahead of every {b}",
    "combining.apart_all": "; every {a} ahead",
    "combining.apart_from_each": "; ahead of each {b}",
    "combining.overlap": "; though single cells are the other way round",
    "combining.tie": "the two tie{where} ({values})",
    "combining.encoder": "What the {can} have and the {cannot} lack is an encoder: a code for a "
    "given image, and with it reconstructions and interpolations between real images.",
    "combining.lost": "Where the VAEs fall short of real images is measured too: {clauses}.",
    "combining.prior": "{where}, their reconstructions alone have a proxy FID of {recon}, "
    "{hedge}less than half of their samples' {samples}",
    "combining.decoder": "{where}, their reconstructions alone already have a proxy FID of "
    "{recon}, {hedge}more than half of their samples' {samples}",
    "combining.decoder_beyond": "{where}, their reconstructions alone have a proxy FID of {recon}, "
    "{hedge}above that of their samples, {samples}",
    "combining.try_prior": "So drawing codes from the prior {hedge}more than doubles the distance, "
    "which points to a latent GAN: a generator that learns to produce the VAE's "
    "codes.",
    "combining.try_decoder": "So {hedge}the pictures are far off even with the codes of real "
    "images, which points to a VAE-GAN or an adversarial VAE: a discriminator that judges what the "
    "decoder paints.",
    "combining.try_both": "So the data sets {hedge}point different ways: to a latent GAN where "
    "the codes miss the prior, to a VAE-GAN or an adversarial VAE where the decoder is the limit.",
    "combining.tied": "{setting} (tied with others)",
    "combining.hedged": "{setting} ({hedge})",
    "combining.settings": "The settings to start from are those of the {hedge}best cells: {gan} "
    "for the GAN's side, {vae} for the VAE's.",
    "combining.approaches": "A VAE-GAN would train decoder and discriminator together; hybrid "
    "training would begin as a VAE and add the discriminator later.",
    "combining.none_trained": "No hybrid was trained here, so which of these works is open, and "
    "the idea is yours to choose and argue.",
    "combining.beats_both": "By proxy FID, the {hybrid} {hedge}beat both parents{where} "
    "({values}).",
    "combining.between": "By proxy FID, the {hybrid} {hedge}lie between their parents{where} "
    "({values}).",
    "combining.behind_both": "By proxy FID, the {hybrid} {hedge}are behind both parents{where} "
    "({values}).",
    "combining.tie_hybrid": "By proxy FID, the {hybrid} tie with a parent{where} ({values}).",
    "combining.beats_both_one": "By proxy FID, the {hybrid} {hedge}beat both parents{where} "
    "({values}).",
    "combining.between_one": "By proxy FID, the {hybrid} {hedge}lies between its parents{where} "
    "({values}).",
    "combining.behind_both_one": "By proxy FID, the {hybrid} is {hedge}behind both parents{where} "
    "({values}).",
    "combining.tie_hybrid_one": "By proxy FID, the {hybrid} ties with a parent{where} ({values}).",
    "combining.hybrid_values": "{value} against {gan} for the {gans} and {vae} for the {vaes}",
}
