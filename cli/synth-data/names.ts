/** Names the invented people of the valley bear: common ones in keeping with the census, and forms that exist nowhere. */

export const HERITAGES = [
  'british',
  'irish',
  'polish',
  'portuguese',
  'muslim-south-asian',
  'hindu',
  'sikh',
  'chinese',
  'caribbean',
  'west-african',
  'one-word',
] as const;
export type Heritage = (typeof HERITAGES)[number];

const list = (words: string): readonly string[] => words.trim().split(/[\s,]+/);

interface NameStock {
  readonly male: readonly string[];
  readonly female: readonly string[];
  readonly surnames: readonly string[];
  /** First and second halves of invented surnames; every half pair is a name. */
  readonly halves: readonly [readonly string[], readonly string[]];
}

/** Forenames of people born before and after this year differ for the British and Irish. */
export const YOUNG_COHORT_FROM = 1985;
export const OLDER_BRITISH = {
  male: list(`David John Michael Paul Peter Stephen Andrew Robert Mark James Richard Christopher Ian Kevin Anthony
    Brian Alan Graham Keith Philip Nigel Colin Raymond Martin Neil Trevor Derek Barry Roger Kenneth Gordon Malcolm
    Dennis Clive Geoffrey Terence Leslie Stuart Douglas Norman`),
  female:
    list(`Susan Margaret Christine Patricia Jacqueline Linda Carol Julie Karen Helen Deborah Sandra Janet
    Elizabeth Alison Angela Anne Barbara Wendy Diane Sharon Tracey Lesley Gillian Maureen Sheila Kathleen Pauline
    Jean Joan Marion Beverley Yvonne Hazel Brenda Lorraine Heather Rosemary Hilary Dorothy`),
} as const;

export const STOCK: Readonly<Record<Heritage, NameStock>> = {
  british: {
    male: list(`Jack Thomas Daniel Oliver Joshua Harry James Samuel Joseph Alfie Matthew Benjamin William Jacob Charlie
      Luke Callum Ethan Lewis Connor Ryan George Nathan Tyler Alexander Liam Kieran Jake Adam Archie Leo Oscar Theo
      Freddie Mason Logan Noah Reece Bradley Toby Elliot Rhys Owen Dylan Max Finlay Kai Zachary Jayden Ellis`),
    female:
      list(`Chloe Emily Megan Jessica Sophie Lauren Charlotte Hannah Olivia Lucy Ellie Katie Amy Georgia Holly
      Bethany Ella Grace Rebecca Abigail Molly Amelia Jade Leah Alice Lily Mia Ruby Isabelle Poppy Evie Freya Daisy
      Isla Paige Courtney Caitlin Shannon Eleanor Phoebe Summer Scarlett Imogen Tilly Skye Rosie Niamh Zara Maisie Erin`),
    surnames:
      list(`Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White
      Roberts Green Hall Wood Jackson Clarke Harris Lewis Cooper King Baker Turner Hill Ward Morris Moore Cook Bailey
      Parker Allen Young Mitchell Carter Phillips Lee Watson Bennett Price Collins Gray Marshall Webb Mason Hunt Palmer
      Chapman Dixon Butler Knight Barker Stone Holmes Fletcher Pearce Lowe Burton Brooks Fox West Day Fisher Reynolds
      Woodley Rose Gardner Spencer Payne Dunn Hawkins Perkins Barrett Bishop Wells Newman Lambert Carr Hart Porter`),
    halves: [
      list(`Ald Bram Cress Dun Elm Fal Gors Hath Ivel Kemble Lang Mar Nether Oaken Pend Quarl Rus Sted Thorn Under Wex
        Yar Fict Mock Sample Test Feign Imagin Pretend Dummy Placeholder Invent Figment Storey Fable Nowhere`),
      list(
        'ley ton wick bury combe worth by ham ford mere stock dale hurst ridge well son field brook thorpe stead',
      ),
    ],
  },
  irish: {
    male: list(
      'Sean Patrick Conor Declan Eoin Cian Ciaran Brendan Padraig Fergus Oisin Niall Cormac Ronan Diarmuid',
    ),
    female: list(
      'Aoife Siobhan Sinead Niamh Ciara Orla Roisin Grainne Maeve Caoimhe Bridget Deirdre Fionnuala Eimear',
    ),
    surnames:
      list(`O'Brien O'Connor Murphy Kelly O'Sullivan Walsh Byrne Ryan O'Neill O'Reilly Doyle McCarthy Gallagher
      O'Doherty Kennedy Lynch Quinn McLaughlin Connolly Daly O'Connell Dunne Fitzgerald O'Leary`),
    halves: [
      list("O'Fab O'Mock O'Fict Mac MacFict MacTest O'Sample"),
      list('rin ligan nery hill derry gan well lane'),
    ],
  },
  polish: {
    male: list(`Piotr Krzysztof Andrzej Tomasz Jan Pawel Michal Marcin Jakub Adam Lukasz Mateusz Grzegorz Wojciech Kacper
      Szymon Filip Bartosz Rafal Dawid Kamil Patryk Sebastian Artur Robert Maciej Zbigniew Jerzy Henryk Igor Oskar Antoni
      Leon Hubert Radoslaw`),
    female:
      list(`Anna Katarzyna Agnieszka Malgorzata Ewa Joanna Magdalena Monika Zofia Julia Aleksandra Natalia Karolina
      Maja Oliwia Zuzanna Wiktoria Dorota Beata Hanna Lena Nadia Gabriela Alicja Paulina Sylwia Iwona Teresa Barbara Renata
      Justyna Kinga Amelia Weronika`),
    surnames:
      list(`Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski
      Kozlowski Mazur Jankowski Krawczyk Piotrowski Grabowski Pawlak Michalski Zajac`),
    halves: [
      list('Zmysl Wymysl Bajk Przyklad Testow Prob Wzor Basn Lesn Brzoz Olsz Jawor Kalin Gorcz Rzecz Polan'),
      list('owski ewski inski iak owicz czyk ak ek'),
    ],
  },
  portuguese: {
    male: list(`João José António Manuel Pedro Tiago Miguel Rui Nuno Paulo Diogo Gonçalo Carlos Luís Ricardo Bruno Duarte Afonso Rafael
      Simão Vasco Hugo André Filipe Jorge Fernando Sérgio Vítor Gabriel Tomás`),
    female:
      list(`Maria Ana Inês Catarina Joana Mariana Sofia Beatriz Marta Rita Teresa Carla Sandra Fátima Leonor Matilde
      Carolina Lara Filipa Patrícia Susana Cristina Paula Helena Isabel Vera Cláudia Margarida Raquel`),
    surnames: [
      'da Silva',
      'dos Santos',
      'Ferreira',
      'Pereira',
      'Oliveira',
      'Costa',
      'Rodrigues',
      'Martins',
      'de Sousa',
      'Fernandes',
      'Gonçalves',
      'Gomes',
      'Lopes',
      'Marques',
      'de Almeida',
      'Ribeiro',
    ],
    halves: [
      list('Inventar Exempl Fingid Fabul Ensai Modelar Serran Ribeir'),
      list('es eira inho oso ães ado edo'),
    ],
  },
  'muslim-south-asian': {
    male: list(`Mohammed Muhammad Ali Ahmed Hassan Imran Usman Bilal Hamza Adnan Faisal Tariq Asif Zain Ibrahim Yusuf Omar
      Khalid Nadeem Shahid Waqas Kamran Rizwan Haroon Junaid Abdul Saqib Naveed Amir Idris`),
    female:
      list(`Fatima Ayesha Zainab Maryam Sana Saima Khadija Amina Nazia Shazia Rukhsana Hina Sadia Noreen Farah Samina
      Iqra Aisha Bushra Nusrat Rabia Tahira Yasmin Mehwish Hafsa Safiya Parveen Shabnam Uzma Naheed`),
    surnames:
      list(`Khan Hussain Ahmed Ali Begum Akhtar Mahmood Malik Iqbal Shah Mohammed Miah Bibi Rahman Butt Mirza
      Chaudhry Aslam Rashid Sheikh Qureshi Saleem Raja Javed Uddin Kausar Aziz Anwar Hanif Siddiqui`),
    halves: [
      list('Shan Mir Fazl Nur Zar Gul Jamal Khwab Afsan Tasaw Misal Namun'),
      list('pur abad zai ullah war wala een'),
    ],
  },
  hindu: {
    male: list(`Raj Sanjay Amit Rahul Vijay Anil Suresh Rakesh Nikhil Arjun Rohan Dev Krishna Pranav Kiran Ashok Vikram Hari
      Mukesh Dinesh Manoj Ramesh Naveen Aditya Karthik Siddharth Varun Yash Mahesh Sunil Bharat Gopal Prakash Nitin Deepak Aarav`),
    female:
      list(`Priya Anita Sunita Kavita Neha Pooja Meera Anjali Deepa Lakshmi Nisha Rekha Shreya Divya Ananya Usha Sita
      Aarti Bhavna Geeta Hema Jaya Kalpana Leela Manisha Nandini Padma Radha Sangita Tara Uma Vandana Aanya Isha Diya Riya`),
    surnames: list(
      'Patel Shah Sharma Kumar Gupta Singhania Desai Mehta Joshi Rao Nair Iyer Reddy Verma Thapa Gurung Rai Limbu',
    ),
    halves: [
      list('Chandra Kalp Mith Udah Namun Raj Deva Indra Surya Parik'),
      list('wala kar jee nath pal wani purkar'),
    ],
  },
  sikh: {
    male: list(
      'Gurpreet Harpreet Jaspreet Manjit Balwinder Sukhdeep Amrit Ranjit Satnam Kulwinder Parminder Jagdeep Daljit Inderjit Surjit Lakhvir Tejinder Arjan Jaskaran Gurdeep Hardeep Mandeep Rajvir Sahib Dilraj Karan',
    ),
    female: list(
      'Gurpreet Harpreet Jaspreet Manjit Simran Amandeep Navdeep Ravinder Kiran Baljit Sukhvinder Rupinder Paramjit Jasmeet Anmol Prabhjot Satvinder Charanjit Gurleen Harleen Jasleen Mehar Navneet Ravneet Tanveer',
    ),
    surnames: list(
      'Singh Kaur Gill Sandhu Dhillon Sidhu Grewal Bains Dhaliwal Sohal Mann Johal Cheema Brar Virk Randhawa Bhogal Atwal Purewal Sahota Dosanjh Bhandal',
    ),
    halves: [
      list('Kalpan Bhog Sukh Jag Har Nam Kahan Dil Man Bal Raj Gur Ran Sat'),
      list('pal wal garh deep war'),
    ],
  },
  chinese: {
    male: list(
      'Wei Jun Ming Hao Jian Chen Tony Kevin Jason Kwok-Wai Chi-Ming Yiu-Fai Zhi Yong Feng Bo Lei Tao Xin Kai-Ming Ho-Yin Tsz-Hin',
    ),
    female: list(
      'Mei Ling Yan Xiu Jing Hui Amy Grace Ka-Yan Wai-Ling Siu-Mei Yuk-Lan Fang Na Ying Xia Qian Lan Min Hoi-Ching Sin-Yee Wing-Sze',
    ),
    surnames: list(
      'Chan Wong Li Chen Zhang Wang Lee Lam Cheung Liu Ng Yang Ho Leung Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Lin Guo Tang Yip Kwok Tsang',
    ),
    halves: [list('Wen Xian Huan Meng Zhen Bei Dong Nan Hua Tian'), list('hua lin shan yu ping tai jun an')],
  },
  caribbean: {
    male: list(`Marlon Winston Leroy Delroy Jermaine Tyrone Andre Dwayne Errol Kemar Romario Devonte Tyrell Malachi Rashaan
      Trevor Carlton Neville Clifton Desmond Jerome Reuben Isaiah Elijah Kareem Shaquille Antoine Lamar Darnell Curtis Cleveland`),
    female:
      list(`Marcia Beverley Shanice Chantelle Latoya Tanisha Keisha Monique Shantel Aaliyah Kezia Tiana Jada Rochelle
      Paulette Claudette Novelette Sonia Yvette Natalie Simone Ebony Kiara Amber Naomi Renee Charmaine Danielle Gemma Alicia`),
    surnames:
      list(`Campbell Brown Williams Gordon Grant Morgan Francis Reid Clarke Bailey Henry Thompson Powell Samuels
      Lewis Josephs Hinds Blackwood Lawrence Facey Barnes Douglas Ellis Fraser Graham Hamilton Hylton Levy McKenzie Palmer
      Richards Simpson Stewart Thomas Wallace Wilson`),
    halves: [
      list('Fict Palm Sample Coral Fable Bay Test Sugar Mango Cane Harbour Mock Sunny Port Green Hope'),
      list('wood grove well mont field stone'),
    ],
  },
  'west-african': {
    male: list(`Emmanuel Samuel Kwame Kofi Chinedu Oluwaseun Tunde Emeka Femi Kwabena Ikenna Babatunde Ayodele Yaw Obinna
      Daniel David Michael Kelechi Chukwudi Segun Kunle Kayode Adebola Kojo Kwaku Nnamdi Uche Ebenezer Isaac Gideon Musa`),
    female:
      list(`Blessing Grace Ama Akosua Chioma Ngozi Folasade Adaeze Abena Funmilayo Yetunde Ifeoma Temitope Amarachi
      Esther Mary Ruth Deborah Chidinma Nneka Uzoma Bukola Titilayo Omotola Afia Efua Yaa Adjoa Comfort Patience Mercy Joy`),
    surnames:
      list(`Mensah Owusu Osei Boateng Appiah Okafor Adeyemi Okoye Balogun Eze Nwosu Adebayo Ogunleye Asante Addo
      Ibrahim Kamara Mutasa Moyo Okeke Agyeman Amoah Antwi Badu Darko Frimpong Gyamfi Kyei Ofori Opoku Quaye Sarpong Tetteh
      Bello Danso Fofanah Conteh Sesay Banda Phiri Ncube Dube`),
    halves: [
      list('Ade Olu Oke Nwa Chi Aki Boa Ogun Ife Osa Tan Kwa'),
      list('demo bayo funde kunle nkwo teng mosi ladun wura'),
    ],
  },
  'one-word': {
    male: list(
      'Suharto Karzam Nyein Thiru Ahmadzai Gulwali Tenzinla Kyawla Zawmin Habiblo Noorzan Palwal Ramanth Kesavar Aungta Wahidla',
    ),
    female: list(
      'Sukarnita Nilofar Thandar Shugufta Dawa Zarmina Meenala Khinla Marzian Parisan Shabnor Selvith Malarva Yangchel Hlainga Fawzial',
    ),
    surnames: list('Suharto Karzam Nyein Thiru Ahmadzai Gulwali Tenzinla Nilofar Thandar Zarmina'),
    halves: [list('Kar Gul Nye Thi Su Zar Noor Pal Kyaw Dor Sel Mal'), list('zam wali rin land mar')],
  },
};

/** What people are called beside their name in full. */
export const NICKNAMES: Readonly<Record<string, readonly string[]>> = {
  Alexander: ['Alex', 'Sandy'],
  Andrew: ['Andy', 'Drew'],
  Anthony: ['Tony'],
  Benjamin: ['Ben'],
  Bethany: ['Beth'],
  Charlotte: ['Lottie', 'Charley'],
  Christine: ['Chris', 'Chrissie'],
  Christopher: ['Chris', 'Kit'],
  Daniel: ['Dan', 'Danny'],
  David: ['Dave', 'Davey'],
  Deborah: ['Debbie', 'Debs'],
  Eleanor: ['Ellie', 'Nell'],
  Elizabeth: ['Liz', 'Beth', 'Lizzie'],
  Emily: ['Em', 'Emmy'],
  Gillian: ['Gill'],
  Jacqueline: ['Jackie'],
  James: ['Jim', 'Jamie', 'Jimmy'],
  Jessica: ['Jess', 'Jessie'],
  Joseph: ['Joe', 'Joey'],
  Joshua: ['Josh'],
  Katarzyna: ['Kasia'],
  Kenneth: ['Ken', 'Kenny'],
  Margaret: ['Maggie', 'Peggy'],
  Matthew: ['Matt'],
  Megan: ['Meg'],
  Michael: ['Mike', 'Mick', 'Mickey'],
  Mohammed: ['Mo', 'Moe'],
  Nathan: ['Nate'],
  Patricia: ['Pat', 'Trish'],
  Patrick: ['Paddy', 'Pat'],
  Peter: ['Pete'],
  Philip: ['Phil'],
  Rebecca: ['Becky', 'Becca'],
  Richard: ['Rick', 'Dick', 'Richie'],
  Robert: ['Bob', 'Rob', 'Bobby'],
  Samuel: ['Sam', 'Sammy'],
  Stephen: ['Steve'],
  Susan: ['Sue'],
  Thomas: ['Tom', 'Tommy'],
  William: ['Bill', 'Will', 'Billy'],
  Zachary: ['Zac', 'Zack'],
};

/** The same name written by different clerks from another script or language. */
export const TRANSLITERATIONS: readonly (readonly string[])[] = [
  ['Mohammed', 'Muhammad', 'Mohammad', 'Mohamed', 'Muhammed'],
  ['Ahmed', 'Ahmad'],
  ['Hussain', 'Hussein', 'Husain'],
  ['Ayesha', 'Aisha', 'Aysha'],
  ['Yusuf', 'Yousef', 'Yousuf'],
  ['Chaudhry', 'Choudhury', 'Chowdhury', 'Chaudhary'],
  ['Usman', 'Osman', 'Uthman'],
  ['Zainab', 'Zaynab', 'Zeinab'],
  ['Sheikh', 'Shaikh', 'Shaykh'],
  ['Rahman', 'Rehman'],
  ['Krzysztof', 'Christopher', 'Krystof'],
  ['Malgorzata', 'Małgorzata', 'Margaret'],
  ['Lukasz', 'Łukasz', 'Lucas'],
  ['Pawel', 'Paweł', 'Paul'],
  ['Wojcik', 'Wójcik'],
  ['Wisniewski', 'Wiśniewski'],
  ['Stephen', 'Steven'],
  ['Sean', 'Shaun', 'Shawn'],
  ['Katie', 'Katy'],
  ['Niamh', 'Neve'],
  ['Siobhan', 'Shivaun'],
  ['Gurpreet', 'Gurprit'],
  ['Sukhdeep', 'Sukhdip'],
  ['Cheung', 'Zhang'],
  ['Oluwaseun', 'Seun'],
  ['Osei', 'Osai'],
];
